import type { Disposable, JsonObject, RateLimit } from "backplane";

/** Calls once, after so many milliseconds, unless disposed of before. */
export type After = (milliseconds: number, callback: () => void) => Disposable;

interface Period {
  /** The latest that came within the period; told at its end. */
  held: JsonObject | undefined;
  timer: Disposable;
}

/**
 * Keeps a guest from flooding monitors: of a limited event one is told at once, and the latest of those that follow
 * when the period has passed. While they keep coming there is one a period; an event is told with the time at which it came.
 */
export class EventThrottle implements Disposable {
  readonly #after: After;
  readonly #tell: (event: JsonObject) => void;
  readonly #periods = new Map<string, Period>();

  constructor(after: After, tell: (event: JsonObject) => void) {
    this.#after = after;
    this.#tell = tell;
  }

  /** `event` is as it goes over the wire. */
  emit(name: string, event: JsonObject, data: JsonObject | undefined, limit: RateLimit | undefined): void {
    if (limit === undefined) return this.#tell(event);
    const subject = limit.by === undefined ? undefined : data?.[limit.by];
    const key = typeof subject === "string" ? `${name} ${subject}` : name;
    const period = this.#periods.get(key);
    if (period !== undefined) {
      period.held = event;
      return;
    }
    this.#tell(event);
    this.#periods.set(key, { held: undefined, timer: this.#begin(key, limit) });
  }

  dispose(): void {
    for (const { timer } of this.#periods.values()) void timer.dispose();
    this.#periods.clear();
  }

  #begin(key: string, limit: RateLimit): Disposable {
    return this.#after(limit.milliseconds, () => this.#end(key, limit));
  }

  #end(key: string, limit: RateLimit): void {
    const period = this.#periods.get(key);
    if (period === undefined) return;
    const { held } = period;
    if (held === undefined) {
      this.#periods.delete(key);
      return;
    }
    period.held = undefined;
    period.timer = this.#begin(key, limit);
    this.#tell(held);
  }
}

/** The host's time, which rate limits go by. */
export const hostTimer: After = (milliseconds, callback) => {
  // What is held back is not worth waiting for when the machine ends.
  const timer = setTimeout(callback, milliseconds).unref();
  return { dispose: () => clearTimeout(timer) };
};
