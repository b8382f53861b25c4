import { hostMilliseconds } from "../host-time.ts";
import { token } from "../di/token.ts";
import { disposable, type Disposable } from "../disposable.ts";

/** Nanoseconds of virtual time since the machine was made; exact for 104 days. */
export type VirtualTime = number & { readonly virtualTime: unique symbol };

/**
 * What moves a machine's time.
 *
 * - `guest`: what the guest does, so two runs of one scenario are identical
 * - `host`: the host's clock, while the machine runs
 * - `client`: nothing but a client of the test protocol; no guest runs
 */
export type TimeSource = "guest" | "host" | "client";

/** A timer that is made once and armed again and again. */
export interface ClockTimer extends Disposable {
  readonly deadline: VirtualTime | undefined;
  /** Calls when virtual time has reached `deadline`, once; an earlier arming is forgotten. */
  arm(deadline: VirtualTime): void;
  cancel(): void;
}

/** A machine's own time. */
export interface Clock {
  readonly now: VirtualTime;
  readonly source: TimeSource;
  /** Calls once, when virtual time has reached `deadline`; at equal deadlines in order of registration. */
  at(deadline: VirtualTime, callback: () => void): Disposable;
  after(nanoseconds: number, callback: () => void): Disposable;
  /**
   * A timer for whoever needs one often: arming it allocates nothing. `interrupts`: it brings nothing but an interrupt,
   * so a guest that takes none need not be waited with.
   */
  timer(callback: () => void, purpose?: "interrupts"): ClockTimer;
  /** Moves time and fires what is due, each timer at its own instant. */
  advance(nanoseconds: number): void;
  /** The guest has used so much time. Moves the clock where the guest is what moves it. */
  spend(nanoseconds: number): void;
  /** The earliest deadline, if any. */
  readonly nextDeadline: VirtualTime | undefined;
}

export const CLOCK = token<Clock>("CLOCK");

/** The host's clock, in nanoseconds. */
const hostNow = (): number => hostMilliseconds() * 1e6;
const NS_PER_MS = 1e6;
/** The longest wait that Node's timers take. */
const LONGEST_WAIT_MS = 0x7fff_ffff;
/** Timers that may fire in one turn of the event loop: a guest that asks for megahertz does not lock monitors out. */
const TURN_LIMIT = 1000;

class Timer implements ClockTimer {
  readonly #clock: VirtualClock;
  readonly callback: () => void;
  readonly isForInterrupts: boolean;
  deadline: VirtualTime | undefined;

  constructor(clock: VirtualClock, callback: () => void, purpose?: "interrupts") {
    this.#clock = clock;
    this.callback = callback;
    this.isForInterrupts = purpose === "interrupts";
  }

  arm(deadline: VirtualTime): void {
    this.cancel();
    this.deadline = deadline;
    this.#clock.insert(this, deadline);
  }

  cancel(): void {
    if (this.deadline === undefined) return;
    this.deadline = undefined;
    this.#clock.remove(this);
  }

  dispose(): void {
    this.cancel();
  }
}

export class VirtualClock implements Clock {
  readonly source: TimeSource;
  #now = 0;
  /** The host's time at virtual time zero, while the host moves this clock. */
  #origin: number | undefined;
  /** The machine is halted, and its timers with it. A clock that the guest moves has no such state: it is simply not moved. */
  #stopped: boolean;
  /** Timers see their own deadline as the present. */
  #firing = false;
  #wait: NodeJS.Timeout | undefined;
  #waitsFor = Infinity;
  #more: NodeJS.Immediate | undefined;
  #fired: () => void = () => undefined;
  // Sorted by deadline, then by registration. Machines hold a handful of timers, so insertion is a short walk.
  readonly #timers: Timer[] = [];

  constructor(source: TimeSource = "guest") {
    this.source = source;
    this.#stopped = source !== "guest";
  }

  get now(): VirtualTime {
    if (this.#origin !== undefined && !this.#firing) {
      this.#now = Math.max(this.#now, Math.floor(hostNow() - this.#origin));
    }
    return this.#now as VirtualTime;
  }

  get nextDeadline(): VirtualTime | undefined {
    return this.#stopped ? undefined : this.#timers[0]?.deadline;
  }

  at(deadline: VirtualTime, callback: () => void): Disposable {
    const timer = new Timer(this, callback);
    timer.arm(deadline);
    return disposable(() => timer.cancel());
  }

  after(nanoseconds: number, callback: () => void): Disposable {
    return this.at((this.now + nanoseconds) as VirtualTime, callback);
  }

  timer(callback: () => void, purpose?: "interrupts"): ClockTimer {
    return new Timer(this, callback, purpose);
  }

  /** The earliest deadline that means something to a guest, whether or not it takes interrupts. */
  nextDeadlineFor(takesInterrupts: boolean): VirtualTime | undefined {
    if (takesInterrupts) return this.nextDeadline;
    return this.#timers.find((timer) => !timer.isForInterrupts)?.deadline;
  }

  advance(nanoseconds: number): void {
    const end = this.now + nanoseconds;
    if (this.#origin !== undefined) this.#origin -= nanoseconds;
    if (!this.#stopped) this.#fireUntil(end, Infinity);
    this.#now = Math.max(this.#now, end);
    this.#watch();
  }

  spend(nanoseconds: number): void {
    if (this.source === "guest") this.advance(nanoseconds);
    else if (this.source === "host") this.#turn();
  }

  /** The machine runs: a clock that the host moves goes on from where it stood. */
  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    if (this.source === "host") this.#origin = hostNow() - this.#now;
    // What fell due while time was moved and the machine was halted fires in a turn of its own.
    if (this.source === "client") this.#soon();
    this.#watch();
  }

  /** The machine is halted: no timer fires. */
  stop(): void {
    if (this.#stopped || this.source === "guest") return;
    this.#now = this.now;
    this.#origin = undefined;
    this.#stopped = true;
    if (this.#more !== undefined) clearImmediate(this.#more);
    this.#more = undefined;
    this.#watch();
  }

  /** Told after timers have fired by themselves: a guest that waits for an interrupt looks again. */
  onFired(callback: () => void): void {
    this.#fired = callback;
  }

  insert(timer: Timer, deadline: number): void {
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.deadline ?? 0) > deadline) index--;
    this.#timers.splice(index, 0, timer);
    if (index !== 0) return;
    // Nobody need move time for what is due already.
    if (this.source === "client" && !this.#stopped && !this.#firing && deadline <= this.#now) this.#soon();
    this.#watch();
  }

  remove(timer: Timer): void {
    const at = this.#timers.indexOf(timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  /** Fires what is due, each at its own instant; false when there is more than may fire now. */
  #fireUntil(end: number, limit: number): boolean {
    const outer = this.#firing;
    this.#firing = true;
    try {
      for (let count = 0; ; count++) {
        const timer = this.#timers[0];
        if (timer?.deadline === undefined || timer.deadline > end) return true;
        if (count === limit) return false;
        this.#now = Math.max(this.#now, timer.deadline);
        this.#timers.shift();
        timer.deadline = undefined;
        timer.callback();
      }
    } finally {
      this.#firing = outer;
    }
  }

  #soon(): void {
    this.#more ??= setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#more = undefined;
    if (this.#stopped) return;
    const { now } = this;
    const due = (this.#timers[0]?.deadline ?? Infinity) <= now;
    if (due && !this.#fireUntil(now, TURN_LIMIT)) this.#soon();
    this.#watch();
    if (due) this.#fired();
  }

  /** Has the host wake this clock for the earliest deadline, where the host moves it. */
  #watch(): void {
    // A timer that is armed for what is already past fires in a turn of its own, without the client's doing.
    if (
      this.source === "client" &&
      !this.#firing &&
      !this.#stopped &&
      (this.#timers[0]?.deadline ?? Infinity) <= this.#now
    )
      this.#more ??= setImmediate(() => this.#turn());
    if (this.source !== "host" || this.#firing) return;
    const deadline = this.#stopped ? Infinity : (this.#timers[0]?.deadline ?? Infinity);
    if (deadline === this.#waitsFor) return;
    this.#waitsFor = deadline;
    clearTimeout(this.#wait);
    this.#wait = undefined;
    if (deadline === Infinity) return;
    const wait = Math.ceil((deadline - this.now) / NS_PER_MS);
    this.#wait = setTimeout(
      () => {
        this.#waitsFor = Infinity;
        this.#turn();
      },
      Math.min(Math.max(wait, 0), LONGEST_WAIT_MS),
    );
  }
}
