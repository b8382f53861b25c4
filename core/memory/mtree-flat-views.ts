// `info mtree -f`: the flat views, each with the address spaces that share it.
import type { AddressSpace, FlatRange } from "./contract.ts";
import { FlatAddressSpace } from "./flat-address-space.ts";
import type { FlatViewRange } from "./flat-view-range.ts";
import type { MemoryTreeOptions } from "./mtree.ts";
import { formatDispatch } from "./mtree-dispatch.ts";
import { addressText, ownerText, typeText } from "./mtree-text.ts";
import { groupBy } from "./sorted.ts";

/** The views in the order of their first address space (the peer's order is that of host addresses). */
export function formatFlatViews(spaces: readonly AddressSpace[], options: MemoryTreeOptions): string {
  const flat = spaces.filter((space) => space instanceof FlatAddressSpace);
  const text: string[] = [];
  let number = 0;
  for (const [view, sharing] of groupBy(flat, (space) => space.view)) {
    text.push(`FlatView #${number++}\n`);
    for (const { name, root } of sharing) {
      const alias = root.alias === undefined ? "" : `, alias ${root.alias.target.name}`;
      text.push(` AS "${name}", root: ${root.name}${alias}\n`);
    }
    text.push(` Root memory region: ${view.root?.name ?? "(none)"}\n`);
    if (view.ranges.length === 0) {
      text.push("  No rendered FlatView\n\n");
      continue;
    }
    for (const range of view.ranges) text.push(rangeText(range, options));
    if (options.dispatchTree) text.push(formatDispatch(view));
    text.push("\n");
  }
  return text.join("");
}

function rangeText(range: FlatViewRange, options: MemoryTreeOptions): string {
  const { region, offsetInRegion } = range;
  const offset = offsetInRegion === 0 ? "" : ` @${addressText(BigInt(offsetInRegion))}`;
  const type = range.readonly ? "rom" : typeText(region);
  return (
    `  ${spanText(range, "-")} (prio ${region.priority}, ${range.nonvolatile ? "nv-" : ""}${type}): ` +
    `${region.name}${offset}${options.owner ? ownerText(region) : ""}\n`
  );
}

function spanText(range: FlatRange & { readonly end: number }, between: string): string {
  return `${addressText(BigInt(range.start))}${between}${addressText(BigInt(range.end) - 1n)}`;
}
