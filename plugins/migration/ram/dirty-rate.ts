/** Periods of less than this many milliseconds say too little. */
const PERIOD_MS = 1000;

/** How many pages a second the guest makes dirty. */
export class DirtyRate {
  #since: number | undefined;
  #pages = 0;

  /** After a sync that found so many more; the rate when a period has ended. */
  add(pages: number, now: number): number | undefined {
    this.#pages += pages;
    this.#since ??= now;
    const time = now - this.#since;
    if (time <= PERIOD_MS) return undefined;
    const rate = Math.floor((this.#pages * 1000) / time);
    this.#since = now;
    this.#pages = 0;
    return rate;
  }
}
