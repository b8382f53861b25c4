import { Registry, type Clock, type Disposable } from "backplane";
import type { Timeline, TimelineEntry } from "./contract.ts";

type Untimed<E> = E extends TimelineEntry ? Omit<E, "time"> : never;

/** Keeps the latest entries, so that a machine which runs for days does not grow. */
export class RecordedTimeline implements Timeline {
  readonly #clock: Clock;
  readonly #keep: number;
  readonly #entries: TimelineEntry[] = [];
  readonly #listeners = new Registry<(entry: TimelineEntry) => void>();
  dropped = 0;

  constructor(clock: Clock, keep: number) {
    this.#clock = clock;
    this.#keep = keep;
  }

  entries(): readonly TimelineEntry[] {
    return [...this.#entries];
  }

  listen(listener: (entry: TimelineEntry) => void): Disposable {
    return this.#listeners.add(listener);
  }

  record(untimed: Untimed<TimelineEntry>): void {
    const entry: TimelineEntry = { ...untimed, time: this.#clock.now };
    this.#entries.push(entry);
    if (this.#entries.length > this.#keep) {
      this.#entries.shift();
      this.dropped++;
    }
    for (const listener of this.#listeners) listener(entry);
  }
}
