import type { FlatViewRange } from "./flat-view-range.ts";
import type { MemoryRegionNode } from "./memory-region-node.ts";
import { renderFlatView } from "./render-flat-view.ts";
import { lowerBound } from "./sorted.ts";

const NONE: readonly FlatViewRange[] = [];

/** What a tree comes to: ascending, without overlaps. All address spaces whose trees come to the same region share it. */
export class FlatView {
  /** The region that was rendered; undefined where nothing shows. */
  readonly root: MemoryRegionNode | undefined;
  readonly ranges: readonly FlatViewRange[];
  #latest: FlatViewRange | undefined;

  constructor(root: MemoryRegionNode | undefined, dirtyLogOf: (region: MemoryRegionNode) => number) {
    this.root = root;
    this.ranges = root === undefined ? NONE : renderFlatView(root, dirtyLogOf);
  }

  /** The range of the latest access that was another's than the one before. */
  get latest(): FlatViewRange | undefined {
    return this.#latest;
  }

  /** `find` for an access; address spaces remember what they found. */
  at(address: number): FlatViewRange | undefined {
    const found = this.find(address);
    if (found !== undefined) this.#latest = found;
    return found;
  }

  find(address: number): FlatViewRange | undefined {
    const { ranges } = this;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = ranges[middle];
      if (range !== undefined && range.end <= address) low = middle + 1;
      else high = middle;
    }
    const found = ranges[low];
    return found === undefined || found.start > address ? undefined : found;
  }

  /** Where the hole around an address ends. */
  holeEnd(address: number): number {
    return this.ranges[lowerBound(this.ranges, (range) => (range.start <= address ? -1 : 1))]?.start ?? Infinity;
  }

  /** Whether the two are the same to everyone who looks. */
  equals(other: FlatView): boolean {
    const { ranges } = this;
    if (this.root !== other.root || ranges.length !== other.ranges.length) return false;
    for (let index = 0; index < ranges.length; index++) {
      const [mine, theirs] = [ranges[index], other.ranges[index]];
      if (mine === undefined || theirs === undefined) return false;
      if (!mine.isLike(theirs) || mine.dirtyLog !== theirs.dirtyLog) return false;
    }
    return true;
  }
}

/**
 * The region whose view stands for a root's: aliases that show all of their target, and containers of one enabled child
 * that starts where they start, look no different from what is inside. Undefined when nothing shows. It decides which
 * address spaces share a view, and its name is printed by `info mtree -f`. As in the peer, what is found is rendered at
 * its own address; that is another one only where a root is shown that stands in a container elsewhere.
 */
export function flatViewRoot(root: MemoryRegionNode): MemoryRegionNode | undefined {
  for (let region: MemoryRegionNode = root; ;) {
    if (!region.enabled) return undefined;
    const inner = region.alias === undefined ? onlyChild(region) : wholeTarget(region, region.alias);
    if (inner === "nothing") return undefined;
    if (inner === undefined) return region;
    region = inner;
  }
}

function wholeTarget(
  region: MemoryRegionNode,
  alias: NonNullable<MemoryRegionNode["alias"]>,
): MemoryRegionNode | undefined {
  return alias.offset === 0 && region.size >= alias.target.size ? alias.target : undefined;
}

function onlyChild(region: MemoryRegionNode): MemoryRegionNode | "nothing" | undefined {
  if (region.terminates) return undefined;
  let only: MemoryRegionNode | undefined;
  for (const child of region.children()) {
    if (!child.enabled) continue;
    if (only !== undefined) return undefined;
    only = child;
  }
  if (only === undefined) return "nothing";
  return only.address === 0 && region.size >= only.size ? only : undefined;
}
