import type { IovaRange } from "../contract.ts";
import { vfioErrors } from "../errors.ts";

/** Below it no IOVA is given out, so that small numbers are wrong for sure. */
export const IOVA_MIN = 0x10000;
/** What every IOMMU reaches: 39 bits. */
export const IOVA_MAX = 2 ** 39;

/**
 * Gives out IOVAs: fixed ones grow from below, and none is used twice; temporary ones grow down from above, and are taken
 * back all at once.
 *
 *     IOVA_MIN │ fixed → low │ free │ high ← temporary │ IOVA_MAX
 *
 * Between looking and taking the host is asked to map, which may fail: what failed has taken nothing.
 */
export class IovaAllocator {
  readonly #ranges: readonly IovaRange[];
  #low = IOVA_MIN;
  #high = IOVA_MAX;

  /** What the host lets be used, ascending; undefined: it does not say. */
  constructor(ranges: readonly IovaRange[] | undefined) {
    this.#ranges = ranges ?? [{ start: IOVA_MIN, end: IOVA_MAX - 1 }];
  }

  get low(): number {
    return this.#low;
  }

  get high(): number {
    return this.#high;
  }

  /** The lowest place for a fixed mapping. Throws when there is none. */
  findFixed(size: number): number {
    this.#needRoom(size);
    for (const { start, end } of this.#ranges) {
      const from = Math.max(this.#low, start);
      if (end + 1 - from >= size && from + size <= this.#high) return from;
    }
    throw vfioErrors.VFIO_IOVA_FIXED();
  }

  /** The highest place for a temporary mapping. Throws when there is none. */
  findTemporary(size: number): number {
    this.#needRoom(size);
    for (const { start, end } of this.#ranges.toReversed()) {
      const to = Math.min(this.#high, end + 1);
      if (to - Math.max(start, this.#low) >= size) return to - size;
    }
    throw vfioErrors.VFIO_IOVA_TEMPORARY();
  }

  takeFixed(iova: number, size: number): void {
    this.#low = iova + size;
  }

  takeTemporary(iova: number): void {
    this.#high = iova;
  }

  /** All that is temporary has gone. */
  resetTemporary(): void {
    this.#high = IOVA_MAX;
  }

  #needRoom(size: number): void {
    if (this.#high - this.#low < size) throw vfioErrors.VFIO_IOVA_EXHAUSTED();
  }
}
