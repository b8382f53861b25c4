import type { MigrationParameters } from "./parameters.ts";

/** Bandwidth is measured and limited over periods of this many milliseconds. */
export const PERIOD_MS = 100;

/** How fast the stream goes, how fast it may go, and how much can be left for the guest to be stopped. */
export class Bandwidth {
  readonly #parameters: MigrationParameters;
  #periodStart = 0;
  #bytesAtStart = 0;
  #pagesAtStart = 0;
  #limited = true;
  /** Bytes that can be sent within the downtime limit. */
  threshold = 0;
  mbps = 0;
  pagesPerSecond = 0;
  /** Milliseconds. */
  expectedDowntime = 0;

  constructor(parameters: MigrationParameters) {
    this.#parameters = parameters;
  }

  start(now: number): void {
    this.#periodStart = now;
    this.expectedDowntime = this.#parameters.downtimeLimit;
  }

  /** The guest has stopped: from now on only speed counts. */
  lift(): void {
    this.#limited = false;
  }

  exceeded(transferred: number): boolean {
    if (!this.#limited) return false;
    const perPeriod = Math.floor((this.#parameters.maxBandwidth * PERIOD_MS) / 1000);
    return perPeriod > 0 && transferred - this.#bytesAtStart > perPeriod;
  }

  /** Milliseconds until the period ends. */
  restOfPeriod(now: number): number {
    return Math.max(0, this.#periodStart + PERIOD_MS - now);
  }

  /** At the end of a period: measures, and begins the next one. */
  update(now: number, transferred: number, pages: number, dirtyBytes: number, dirtyRate: number): void {
    const time = now - this.#periodStart;
    if (time < PERIOD_MS) return;
    const bytes = transferred - this.#bytesAtStart;
    const { switchoverBandwidth, downtimeLimit } = this.#parameters;
    const perMillisecond = switchoverBandwidth > 0 ? Math.floor(switchoverBandwidth / 1000) : bytes / time;
    this.threshold = Math.floor(perMillisecond * downtimeLimit);
    this.mbps = (bytes * 8) / (time / 1000) / 1000 / 1000;
    this.pagesPerSecond = Math.floor((pages - this.#pagesAtStart) / (time / 1000));
    // Too little was sent to tell anything from it.
    if (dirtyRate > 0 && bytes > 10_000) this.expectedDowntime = Math.floor(dirtyBytes / perMillisecond);
    this.#periodStart = now;
    this.#bytesAtStart = transferred;
    this.#pagesAtStart = pages;
  }

  /** The average over the whole migration. */
  finish(transferred: number, milliseconds: number): void {
    if (milliseconds > 0) this.mbps = (transferred * 8) / milliseconds / 1000;
  }
}
