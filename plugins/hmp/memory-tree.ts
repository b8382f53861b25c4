import { formatMemoryTree, type MemoryRegions } from "backplane";
import { h, type HumanCommand } from "./contract.ts";
import { command } from "./define.ts";

/** `info mtree`, whose text the memory core writes. */
export function memoryTree(regions: MemoryRegions): HumanCommand {
  return command({
    name: "info mtree",
    params: "[-f][-d][-o][-D]",
    summary: "the memory regions; -f: flat views, -d: with dispatch tables, -o: with owners, -D: also disabled ones",
    arguments: { flat: h.flag("f"), dispatchTree: h.flag("d"), owner: h.flag("o"), disabled: h.flag("D") },
    run: (options) => formatMemoryTree(regions.addressSpaces(), options),
  });
}
