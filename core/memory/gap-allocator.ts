import { alignUp } from "./address.ts";
import { lowerBound } from "./sorted.ts";

interface Extent<Owner> {
  readonly start: number;
  readonly end: number;
  readonly owner: Owner;
  /** Bytes from the aligned end to the next extent; Infinity behind the last. */
  gap: number;
}

/**
 * Places stretches in an endless space as the peer does: always right behind an existing stretch, aligned, in the
 * smallest gap that fits. The space before the first stretch is not a gap (so it is not reused once its stretch has
 * gone while others remain), and an empty space starts at 0 again. Of equal gaps the one behind the owner that comes
 * first in `order` wins.
 */
export class GapAllocator<Owner> {
  readonly #alignment: number;
  readonly #order: (a: Owner, b: Owner) => number;
  /** Ascending by start. */
  readonly #extents: Extent<Owner>[] = [];
  /** The extents with room behind them, smallest gap first, then by owner. Few: only what was freed or is last. */
  readonly #gaps: Extent<Owner>[] = [];

  constructor(alignment: number, order: (a: Owner, b: Owner) => number) {
    this.#alignment = alignment;
    this.#order = order;
  }

  /** Where `allocate` would put it. */
  place(size: number): number {
    if (this.#extents.length === 0) return 0;
    const fitting = this.#gaps[lowerBound(this.#gaps, (extent) => extent.gap - size)];
    // The last extent's gap is endless, so there always is one.
    return alignUp(fitting?.end ?? 0, this.#alignment);
  }

  allocate(owner: Owner, size: number): number {
    const start = this.place(size);
    const extent: Extent<Owner> = { start, end: start + size, owner, gap: 0 };
    const index = this.#indexOf(start);
    this.#extents.splice(index, 0, extent);
    this.#measure(index - 1);
    this.#measure(index);
    return start;
  }

  /** The stretch that starts there goes. */
  release(start: number): void {
    const index = this.#indexOf(start);
    const extent = this.#extents[index];
    if (extent === undefined || extent.start !== start) return;
    this.#dropGap(extent);
    this.#extents.splice(index, 1);
    this.#measure(index - 1);
  }

  /** Who owns the address, and where its stretch starts. */
  find(address: number): { readonly owner: Owner; readonly start: number } | undefined {
    const extent = this.#extents[this.#indexOf(address + 1) - 1];
    return extent !== undefined && address < extent.end ? extent : undefined;
  }

  /** The first extent that starts at `start` or behind. Written out, because look-ups by address come this way. */
  #indexOf(start: number): number {
    const extents = this.#extents;
    let low = 0;
    let high = extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((extents[middle] as Extent<Owner>).start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #measure(index: number): void {
    const extent = this.#extents[index];
    if (extent === undefined) return;
    this.#dropGap(extent);
    const next = this.#extents[index + 1]?.start ?? Infinity;
    extent.gap = next - alignUp(extent.end, this.#alignment);
    if (extent.gap > 0) this.#gaps.splice(this.#gapIndex(extent), 0, extent);
  }

  #dropGap(extent: Extent<Owner>): void {
    if (extent.gap > 0) this.#gaps.splice(this.#gapIndex(extent), 1);
    extent.gap = 0;
  }

  #gapIndex(wanted: Extent<Owner>): number {
    return lowerBound(
      this.#gaps,
      (extent) => compareGaps(extent.gap, wanted.gap) || this.#order(extent.owner, wanted.owner),
    );
  }
}

/** Two endless gaps are equal, though Infinity - Infinity is not a number. */
function compareGaps(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
