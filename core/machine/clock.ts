import { token } from "../di/token.ts";
import { disposable, type Disposable } from "../disposable.ts";

/** Nanoseconds of virtual time since the machine was made; exact for 104 days. */
export type VirtualTime = number & { readonly virtualTime: unique symbol };

/** A machine's own time: it moves while a guest runs, by what the guest does, so two runs of one scenario are identical. */
export interface Clock {
  readonly now: VirtualTime;
  /** Calls once, when virtual time has reached `deadline`; at equal deadlines in order of registration. */
  at(deadline: VirtualTime, callback: () => void): Disposable;
  after(nanoseconds: number, callback: () => void): Disposable;
  /** Moves time and fires what is due, each timer at its own instant. */
  advance(nanoseconds: number): void;
  /** The earliest deadline, if any. */
  readonly nextDeadline: VirtualTime | undefined;
}

export const CLOCK = token<Clock>("CLOCK");

interface Timer {
  readonly deadline: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  // Sorted by deadline, then order. Machines hold a handful of timers, so insertion is a short walk.
  readonly #timers: Timer[] = [];

  get now(): VirtualTime {
    return this.#now as VirtualTime;
  }

  get nextDeadline(): VirtualTime | undefined {
    return this.#timers[0]?.deadline as VirtualTime | undefined;
  }

  at(deadline: VirtualTime, callback: () => void): Disposable {
    const timer: Timer = { deadline, order: this.#order++, callback };
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.deadline ?? 0) > deadline) index--;
    this.#timers.splice(index, 0, timer);
    return disposable(() => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    });
  }

  after(nanoseconds: number, callback: () => void): Disposable {
    return this.at((this.#now + nanoseconds) as VirtualTime, callback);
  }

  advance(nanoseconds: number): void {
    const end = this.#now + nanoseconds;
    for (let timer = this.#timers[0]; timer !== undefined && timer.deadline <= end; timer = this.#timers[0]) {
      this.#timers.shift();
      this.#now = Math.max(this.#now, timer.deadline);
      timer.callback();
    }
    this.#now = Math.max(this.#now, end);
  }
}
