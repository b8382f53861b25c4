import { MarkingBlockAccess } from "../../core/memory/block-access.ts";
import { MachineDirtyMemory } from "../../core/memory/dirty-memory.ts";
import { MachineMemoryRegions } from "../../core/memory/memory-regions.ts";
import { RAMBlockDirectory } from "../../core/memory/ram-block-directory.ts";
import { RAMBlockPublisher } from "../../core/memory/ram-block-publisher.ts";
import { MachineRAMDiscard } from "../../core/memory/ram-discard.ts";
import { MachineRAMList } from "../../core/memory/ram-list.ts";

/** A machine's memory services as they are inside, without a machine. */
export function makeBareMemory() {
  const dirty = new MachineDirtyMemory();
  const directory = new RAMBlockDirectory();
  const publisher = new RAMBlockPublisher(directory);
  const list = new MachineRAMList(directory, publisher, dirty);
  const regions = new MachineMemoryRegions(list, new MarkingBlockAccess(dirty, new MachineRAMDiscard()), dirty);
  return { dirty, directory, publisher, list, regions };
}

export type BareMemory = ReturnType<typeof makeBareMemory>;
