// From a tree of regions to a flat view. First the tree is walked in the order in which regions hide each other, which
// gives pieces, each with its rank. Then a sweep over their ends takes, wherever something starts or stops, the piece of
// the best rank. Both take n log n for n pieces.
import { FlatViewRange, type Inherited } from "./flat-view-range.ts";
import type { MemoryRegionNode } from "./memory-region-node.ts";

/** A part of a region that shows where nobody of a better rank (an earlier piece) does. */
interface Piece {
  readonly rank: number;
  readonly low: number;
  readonly high: number;
  readonly region: MemoryRegionNode;
  /** Where the region would start; may be negative under an alias. */
  readonly start: number;
  readonly inherited: Inherited;
}

const PLAIN: Inherited = { readonly: false, nonvolatile: false };

/** Renders a tree, its root where it stands in its container: ascending, without overlaps, adjacent parts joined. */
export function renderFlatView(
  root: MemoryRegionNode,
  dirtyLogOf: (region: MemoryRegionNode) => number,
): readonly FlatViewRange[] {
  const pieces: Piece[] = [];
  collect(pieces, root, 0, 0, Infinity, PLAIN);
  return sweep(pieces, dirtyLogOf);
}

/** `base` is where the region's container starts; only what lies between `from` and `to` shows. */
function collect(
  pieces: Piece[],
  region: MemoryRegionNode,
  base: number,
  from: number,
  to: number,
  above: Inherited,
): void {
  if (!region.enabled) return;
  const start = base + region.address;
  const low = Math.max(from, start);
  const high = Math.min(to, start + region.size);
  if (low >= high) return;
  const inherited = inherit(region, above);
  if (region.alias !== undefined) {
    // The target is rendered as if it stood alone, its own address left out.
    const { target, offset } = region.alias;
    collect(pieces, target, start - offset - target.address, low, high, inherited);
    return;
  }
  for (const child of region.subregionsWithin(low - start, high - start)) {
    collect(pieces, child, start, low, high, inherited);
  }
  if (region.terminates) pieces.push({ rank: pieces.length, low, high, region, start, inherited });
}

function inherit(region: MemoryRegionNode, above: Inherited): Inherited {
  const { readonly, nonvolatile } = region;
  if ((above.readonly || !readonly) && (above.nonvolatile || !nonvolatile)) return above;
  return { readonly: above.readonly || readonly, nonvolatile: above.nonvolatile || nonvolatile };
}

function sweep(pieces: readonly Piece[], dirtyLogOf: (region: MemoryRegionNode) => number): FlatViewRange[] {
  const ranges: FlatViewRange[] = [];
  const starting = pieces.toSorted((a, b) => a.low - b.low || a.rank - b.rank);
  const showing = new BestOf();
  let next = 0;
  for (let at = starting[0]?.low ?? Infinity; at < Infinity;) {
    for (let piece = starting[next]; piece !== undefined && piece.low <= at; piece = starting[++next]) {
      showing.push(piece);
    }
    const best = showing.best(at);
    const nextStart = starting[next]?.low ?? Infinity;
    if (best === undefined) {
      at = nextStart;
      continue;
    }
    // Who starts behind a piece of a better rank need not interrupt it.
    let end = best.high;
    for (let piece = starting[next]; piece !== undefined && piece.low < end; piece = starting[next]) {
      if (piece.rank < best.rank) end = piece.low;
      else {
        if (piece.high > best.high) showing.push(piece);
        next++;
      }
    }
    append(ranges, best, at, end, dirtyLogOf);
    at = end;
  }
  return ranges;
}

function append(
  ranges: FlatViewRange[],
  piece: Piece,
  low: number,
  high: number,
  dirtyLogOf: (region: MemoryRegionNode) => number,
): void {
  const { region, inherited } = piece;
  const offset = low - piece.start;
  const last = ranges.at(-1);
  if (
    last !== undefined &&
    last.end === low &&
    last.region === region &&
    last.offsetInRegion + (last.end - last.start) === offset &&
    last.readonly === inherited.readonly &&
    last.nonvolatile === inherited.nonvolatile
  ) {
    ranges[ranges.length - 1] = last.until(high);
    return;
  }
  ranges.push(new FlatViewRange(low, high, region, offset, inherited, dirtyLogOf(region)));
}

/** A heap of pieces by rank (Williams 1964); who has ended is dropped when it comes to the top. */
class BestOf {
  readonly #heap: Piece[] = [];

  push(piece: Piece): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(piece);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = heap[parent];
      if (above === undefined || above.rank <= piece.rank) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = piece;
  }

  /** The piece of the best rank that goes beyond an address. */
  best(address: number): Piece | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.high > address) return top;
      this.#pop();
    }
    return undefined;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below !== undefined && right !== undefined && right.rank < below.rank) {
        child++;
        below = right;
      }
      if (below === undefined || below.rank >= last.rank) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}
