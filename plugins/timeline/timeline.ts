import { Registry, type Clock, type Disposable, type RAMBlockNotice } from "backplane";
import type { Timeline, TimelineEntry } from "./contract.ts";

type Untimed<E> = E extends TimelineEntry ? Omit<E, "time"> : never;

/** Keeps the latest entries, so that a machine which runs for days does not grow. */
export class RecordedTimeline implements Timeline {
  readonly #clock: Clock;
  readonly #keep: number;
  readonly #entries: TimelineEntry[] = [];
  /** Entries that wait behind the rounds which are being told, the outermost first. */
  readonly #rounds: { readonly notice: RAMBlockNotice; readonly consequences: TimelineEntry[] }[] = [];
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

  /** What is recorded until the notice has been told came of it. */
  beginNotice(notice: RAMBlockNotice): void {
    this.#rounds.push({ notice, consequences: [] });
  }

  /** Records what was told, and behind it what came of it. */
  endNotice(notice: RAMBlockNotice): void {
    const isRound = this.#rounds.at(-1)?.notice === notice;
    const consequences = (isRound ? this.#rounds.pop()?.consequences : undefined) ?? [];
    this.record({ kind: "ram-block", notice });
    for (const entry of consequences) this.#append(entry);
  }

  record(untimed: Untimed<TimelineEntry>): void {
    this.#append({ ...untimed, time: this.#clock.now });
  }

  #append(entry: TimelineEntry): void {
    const round = this.#rounds.at(-1);
    if (round !== undefined) {
      round.consequences.push(entry);
      return;
    }
    this.#entries.push(entry);
    if (this.#entries.length > this.#keep) {
      this.#entries.shift();
      this.dropped++;
    }
    for (const listener of this.#listeners) listener(entry);
  }
}
