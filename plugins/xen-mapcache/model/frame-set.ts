/** A set of frames, kept as runs: a domain has millions. */
export class FrameSet {
  /** Ascending, apart from each other: start, end. */
  #runs: (readonly [number, number])[] = [];

  get size(): number {
    return this.#runs.reduce((sum, [start, end]) => sum + end - start, 0);
  }

  has(frame: number): boolean {
    return this.#runs.some(([start, end]) => frame >= start && frame < end);
  }

  /** How many of a run are in the set. */
  count(first: number, count: number): number {
    return this.#runs.reduce(
      (sum, [start, end]) => sum + Math.max(0, Math.min(end, first + count) - Math.max(start, first)),
      0,
    );
  }

  add(first: number, count: number): void {
    let [start, end] = [first, first + count];
    const apart = this.#runs.filter((run) => {
      if (run[1] < start || run[0] > end) return true;
      start = Math.min(start, run[0]);
      end = Math.max(end, run[1]);
      return false;
    });
    if (end > start) apart.push([start, end]);
    this.#runs = apart.toSorted((a, b) => a[0] - b[0]);
  }

  remove(first: number, count: number): void {
    const last = first + count;
    this.#runs = this.#runs.flatMap(([start, end]): (readonly [number, number])[] => [
      ...(start < Math.min(end, first) ? [[start, Math.min(end, first)] as const] : []),
      ...(Math.max(start, last) < end ? [[Math.max(start, last), end] as const] : []),
    ]);
  }
}
