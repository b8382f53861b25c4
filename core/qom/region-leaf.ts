import { WHOLE_SPACE, type MemoryRegion } from "../memory/index.ts";
import type { QomLeaf, QomProperty } from "./contract.ts";

const MAX_UINT64 = (1n << 64n) - 1n;

/** Where a region stands in the tree. */
export type RegionPath = (region: MemoryRegion) => string;

/** A step of a path has neither slashes nor brackets nor backslashes of its own. */
function escaped(name: string): string {
  return name.replace(/[/[\]\\]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}

/** Regions as children of their owner: `pam-ram[0]`, `pam-ram[1]`, numbered by name in the order in which they were made. */
export function* regionLeaves(
  regions: Iterable<MemoryRegion>,
  ownerType: string,
  pathOf: RegionPath,
): Iterable<QomLeaf> {
  for (const [region, name] of named(regions)) {
    // Who translates has a type of region of its own.
    const type = region.kind === "iommu" ? `${ownerType}-iommu-memory-region` : "memory-region";
    yield { name, type, properties: () => regionProperties(region, pathOf) };
  }
}

/** The last step of the region's path. */
export function regionStep(region: MemoryRegion, siblings: Iterable<MemoryRegion>): string {
  for (const [sibling, name] of named(siblings)) if (sibling === region) return name;
  return escaped(region.name);
}

function* named(regions: Iterable<MemoryRegion>): Iterable<[MemoryRegion, string]> {
  const counts = new Map<string, number>();
  for (const region of regions) {
    const index = counts.get(region.name) ?? 0;
    counts.set(region.name, index + 1);
    yield [region, `${escaped(region.name)}[${index}]`];
  }
}

function regionProperties(region: MemoryRegion, pathOf: RegionPath): readonly QomProperty[] {
  const { container } = region;
  return [
    { name: "container", type: "link<memory-region>", get: () => (container === undefined ? "" : pathOf(container)) },
    { name: "addr", type: "uint64", get: () => region.address },
    // The whole of a 64-bit space is one byte more than a 64-bit number can say.
    { name: "size", type: "uint64", get: () => (region.size >= WHOLE_SPACE ? MAX_UINT64 : region.size) },
    { name: "priority", type: "uint32", get: () => region.priority },
  ];
}
