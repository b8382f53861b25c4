import type { ByteLength, GuestAddress, RegionOffset } from "./address.ts";
import type { FlatRange } from "./contract.ts";
import type { HostMemory } from "./host-memory.ts";
import type { MemoryRegionNode } from "./memory-region-node.ts";
import type { RAMBlock } from "./ram-block.ts";
import { lowerBound } from "./sorted.ts";

/** A stretch of an address space in which one region answers. */
export class FlatViewRange implements FlatRange {
  readonly start: GuestAddress;
  /** Exclusive; exact where `length` may be rounded (2^64 minus something). */
  readonly end: number;
  readonly region: MemoryRegionNode;
  readonly offsetInRegion: RegionOffset;
  readonly readonly: boolean;
  /** For ram and rom. */
  readonly block: RAMBlock | undefined;
  readonly host: HostMemory | undefined;

  constructor(start: number, end: number, region: MemoryRegionNode, offsetInRegion: number, readonly: boolean) {
    this.start = start as GuestAddress;
    this.end = end;
    this.region = region;
    this.offsetInRegion = offsetInRegion as RegionOffset;
    this.readonly = readonly;
    this.block = region.ramBlock;
    this.host = this.block?.host;
  }

  get length(): ByteLength {
    return (this.end - this.start) as ByteLength;
  }

  equals(other: FlatViewRange | undefined): boolean {
    return (
      other !== undefined &&
      this.start === other.start &&
      this.end === other.end &&
      this.region === other.region &&
      this.offsetInRegion === other.offsetInRegion &&
      this.readonly === other.readonly &&
      this.block === other.block
    );
  }

  continues(before: FlatViewRange): boolean {
    return (
      before.end === this.start &&
      before.region === this.region &&
      before.offsetInRegion + before.length === this.offsetInRegion &&
      before.readonly === this.readonly
    );
  }
}

/** Renders a tree: ascending, without overlaps, adjacent parts of one region joined. */
export function renderFlatView(root: MemoryRegionNode): FlatViewRange[] {
  const ranges: FlatViewRange[] = [];
  // The root starts at 0, wherever else it may stand.
  render(ranges, root, 0 - root.address, 0, Infinity, false);
  return join(ranges);
}

/** Whether the two views are the same to everyone who looks. */
export function sameView(a: readonly FlatViewRange[], b: readonly FlatViewRange[]): boolean {
  return a.length === b.length && a.every((range, index) => range.equals(b[index]));
}

/**
 * Renders a region into the gaps that the ranges leave. `base` is where its container starts, and may be negative
 * under an alias; only what lies between `from` and `to` shows.
 */
function render(
  ranges: FlatViewRange[],
  region: MemoryRegionNode,
  base: number,
  from: number,
  to: number,
  readonly: boolean,
): void {
  if (!region.enabled) return;
  const start = base + region.address;
  const low = Math.max(from, start);
  const high = Math.min(to, start + region.size);
  if (low >= high) return;
  const isReadonly = readonly || region.readonly;
  if (region.alias !== undefined) {
    // The target is rendered as if it stood alone, its own address left out.
    const { target, offset } = region.alias;
    render(ranges, target, start - offset - target.address, low, high, isReadonly);
    return;
  }
  for (const subregion of region.subregions) render(ranges, subregion, start, low, high, isReadonly);
  if (region.kind === "io" || region.ramBlock !== undefined) fillGaps(ranges, region, start, low, high, isReadonly);
}

function fillGaps(
  ranges: FlatViewRange[],
  region: MemoryRegionNode,
  start: number,
  low: number,
  high: number,
  readonly: boolean,
): void {
  let index = lowerBound(ranges, (range) => (range.end <= low ? -1 : 1));
  for (let at = low; at < high;) {
    const next = ranges[index];
    if (next === undefined || next.start >= high) {
      ranges.splice(index, 0, new FlatViewRange(at, high, region, at - start, readonly));
      return;
    }
    if (at < next.start) {
      ranges.splice(index, 0, new FlatViewRange(at, next.start, region, at - start, readonly));
      index++;
    }
    at = next.end;
    index++;
  }
}

function join(ranges: readonly FlatViewRange[]): FlatViewRange[] {
  const joined: FlatViewRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last === undefined || !range.continues(last)) joined.push(range);
    else
      joined[joined.length - 1] = new FlatViewRange(
        last.start,
        range.end,
        last.region,
        last.offsetInRegion,
        last.readonly,
      );
  }
  return joined;
}
