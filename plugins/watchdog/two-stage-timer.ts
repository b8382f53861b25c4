// The watchdog timer of the Intel 6300ESB: I/O Controller Hub datasheet (300641) §16. It counts twice: after the first
// count it may interrupt, after the second it resets the machine.
import {
  byteLength,
  type Clock,
  type ClockTimer,
  type Disposable,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
  type VirtualTime,
} from "backplane";
import { armAt, deadlineOf } from "./deadline.ts";

const LENGTH = 0x10;
const AT = { preload1: 0x0, preload2: 0x4, reload: 0xc } as const;
const PRELOAD_MASK = 0xfffff;
/** The two values that open a register for one write (§16.3). */
const UNLOCK = { first: 0x80, second: 0x86 } as const;
/** Drivers take bit 12 for the time-out bit, so that it stands in both places. */
const RELOAD = { ping: 0x100, timeout: 0x200, timeoutToo: 0x1000 } as const;
const TIMED_OUT = RELOAD.timeout | RELOAD.timeoutToo;
/** Of the PCI clock, at 33 MHz. */
const CLOCK_NS = 30;
/** Clocks of one count (WDT_PRE_SEL). */
const PRESCALE = { slow: 2 ** 15, fast: 2 ** 5 } as const;

/** What a migration carries of the timer. */
export interface TwoStageState {
  reboots: number;
  fast: number;
  interruptType: number;
  freeRunning: number;
  locked: number;
  enabled: number;
  deadline: bigint;
  preload1: number;
  preload2: number;
  stage: number;
  unlocking: number;
  timedOut: number;
}

export class TwoStageTimer implements Disposable {
  readonly region: MemoryRegion;
  /** What the configuration registers say. */
  reboots = true;
  fast = false;
  interruptType = 0;
  freeRunning = false;
  locked = false;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #expired: () => void;
  readonly #timer: ClockTimer;
  #enabled = false;
  #stage: 1 | 2 = 1;
  #preload1 = PRELOAD_MASK;
  #preload2 = PRELOAD_MASK;
  /** How many of the two unlocking values have been written. */
  #unlocking: 0 | 1 | 2 = 0;
  #timedOut = false;

  constructor(clock: Clock, regions: MemoryRegions, log: Logger, expired: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#expired = expired;
    this.#timer = clock.timer(() => this.#runOut());
    this.region = regions.io("i6300esb", byteLength(LENGTH), {
      valid: { min: 1, max: 4 },
      read: (offset, size) => (offset === AT.reload && size === 2 && this.#timedOut ? TIMED_OUT : 0),
      write: (offset, value, size) => this.#write(offset, value, size),
    });
  }

  dispose(): void {
    void this.#timer.dispose();
  }

  /** That it has reset the machine is remembered. */
  reset(): void {
    this.#timer.cancel();
    this.reboots = true;
    this.fast = false;
    this.interruptType = 0;
    this.freeRunning = false;
    this.locked = false;
    this.#enabled = false;
    this.#preload1 = PRELOAD_MASK;
    this.#preload2 = PRELOAD_MASK;
    this.#stage = 1;
    this.#unlocking = 0;
  }

  captureState(): TwoStageState {
    return {
      reboots: Number(this.reboots),
      fast: Number(this.fast),
      interruptType: this.interruptType,
      freeRunning: Number(this.freeRunning),
      locked: Number(this.locked),
      enabled: Number(this.#enabled),
      deadline: deadlineOf(this.#timer),
      preload1: this.#preload1,
      preload2: this.#preload2,
      stage: this.#stage,
      unlocking: this.#unlocking,
      timedOut: Number(this.#timedOut),
    };
  }

  restoreState(state: TwoStageState): void {
    this.reboots = state.reboots !== 0;
    this.fast = state.fast !== 0;
    this.interruptType = state.interruptType;
    this.freeRunning = state.freeRunning !== 0;
    this.locked = state.locked !== 0;
    this.#enabled = state.enabled !== 0;
    armAt(this.#timer, state.deadline);
    this.#preload1 = state.preload1 & PRELOAD_MASK;
    this.#preload2 = state.preload2 & PRELOAD_MASK;
    this.#stage = state.stage <= 1 ? 1 : 2;
    this.#unlocking = state.unlocking === 1 || state.unlocking === 2 ? state.unlocking : 0;
    this.#timedOut = state.timedOut !== 0;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  enable(enabled: boolean): void {
    const wasEnabled = this.#enabled;
    this.#enabled = enabled;
    if (!enabled) this.#timer.cancel();
    else if (!wasEnabled) this.#start(1);
  }

  #write(offset: number, value: number, size: number): void {
    if (offset === AT.reload && value === UNLOCK.first) {
      this.#unlocking = 1;
      return;
    }
    if (offset === AT.reload && value === UNLOCK.second && this.#unlocking === 1) {
      this.#unlocking = 2;
      return;
    }
    // A byte neither sets a register nor locks it again.
    if (size === 1 || this.#unlocking !== 2) return;
    this.#unlocking = 0;
    if (size === 2) {
      if (offset === AT.reload) this.#reload(value);
    } else if (offset === AT.preload1) this.#preload1 = value & PRELOAD_MASK;
    else if (offset === AT.preload2) this.#preload2 = value & PRELOAD_MASK;
  }

  #reload(value: number): void {
    if ((value & RELOAD.ping) !== 0) this.#start(1);
    if ((value & TIMED_OUT) !== 0) this.#timedOut = false;
  }

  #start(stage: 1 | 2): void {
    if (!this.#enabled) return;
    this.#stage = stage;
    const count = stage === 1 ? this.#preload1 : this.#preload2;
    // A count of zero is one, so that time goes on.
    const clocks = Math.max(count, 1) * (this.fast ? PRESCALE.fast : PRESCALE.slow);
    this.#timer.arm((this.#clock.now + clocks * CLOCK_NS) as VirtualTime);
  }

  #runOut(): void {
    if (this.#stage === 1) {
      // Neither its line nor its system management interrupt leads anywhere, as in the peer, which says so too.
      if (this.interruptType === 0)
        this.#log.warn("the watchdog's first stage has ended, and its interrupt has no line");
      this.#start(2);
      return;
    }
    if (this.reboots) {
      this.#timedOut = true;
      this.#expired();
      this.reset();
    }
    if (this.freeRunning) this.#start(1);
  }
}
