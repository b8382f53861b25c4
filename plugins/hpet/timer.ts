// One timer of the block: IA-PC HPET Specification 1.0a §2.3.8 to §2.3.10.
import type { Clock, ClockTimer, VirtualTime } from "backplane";

export const TICK_NS = 10;
const WORD = 2n ** 32n;
const word64 = (value: bigint): bigint => BigInt.asUintN(64, value);
/** A periodic timer fires no more often than this, whatever its period. */
const SHORTEST_NS = 1000n;

export const TIMER = {
  level: 0x0002,
  enable: 0x0004,
  periodic: 0x0008,
  periodicCapable: 0x0010,
  wideCapable: 0x0020,
  setAccumulator: 0x0040,
  narrow: 0x0100,
  message: 0x4000,
  messageCapable: 0x8000,
  writable: 0x7f4e,
} as const;

/** What a timer needs of its block. */
export interface TimerBlock {
  readonly clock: Clock;
  /** The main counter. */
  readonly ticks: bigint;
  /** When the counter reaches a value. */
  timeOf(ticks: bigint): bigint;
  readonly isRunning: boolean;
  /** The timer's output is to be raised, or what it has raised to be taken back. */
  drive(timer: HpetTimer, raise: boolean): void;
}

/** Replaces a half of a 64-bit register. */
export function replaceHalf(old: bigint, isHigh: boolean, value: number): bigint {
  return isHigh ? (old & (WORD - 1n)) | (BigInt(value) << 32n) : (old & ~(WORD - 1n)) | BigInt(value);
}

export const half = (value: bigint, isHigh: boolean): number => Number((isHigh ? value >> 32n : value) & (WORD - 1n));

const NANOSECONDS = 1_000_000_000n;
/** Interrupts 2, 8 and 16 to 23. */
export const ROUTES = 0x00ff0104;

/** What a migration carries. */
export interface HpetTimerState {
  index: number;
  configuration: bigint;
  comparator: bigint;
  route: bigint;
  period: bigint;
  wraps: number;
  deadline: bigint;
}

export class HpetTimer {
  readonly index: number;
  readonly #block: TimerBlock;
  readonly #pending: ClockTimer;
  configuration = 0;
  comparator = 0n;
  /** Of a periodic timer: what is added when it fires. */
  #period = 0n;
  /** The counter's value at which it fires: of a 32-bit timer, extended. */
  #target = 0n;
  /** A 32-bit timer that is not periodic fires when the counter wraps, too (§2.3.9.2.1). */
  #wraps = false;
  /** When it was last to fire. */
  #last = 0n;
  /** Where a message goes, and what it says. */
  route = 0n;

  constructor(index: number, block: TimerBlock) {
    this.index = index;
    this.#block = block;
    this.#pending = block.clock.timer(() => this.#fire(), "interrupts");
  }

  reset(capabilities: number): void {
    this.stop();
    this.configuration = TIMER.periodicCapable | TIMER.wideCapable | capabilities;
    this.comparator = word64(-1n);
    this.#period = 0n;
    this.#wraps = false;
  }

  captureState(): HpetTimerState {
    return {
      index: this.index,
      configuration: BigInt(this.configuration) | (BigInt(ROUTES) << 32n),
      comparator: this.comparator,
      route: this.route,
      period: this.#period,
      wraps: Number(this.#wraps),
      deadline: BigInt(this.#pending.deadline ?? -1),
    };
  }

  restoreState(state: HpetTimerState): void {
    this.configuration = Number(BigInt.asUintN(32, state.configuration));
    this.comparator = state.comparator;
    this.route = state.route;
    this.#period = state.period;
    this.#wraps = state.wraps !== 0;
    this.#target = this.#extended(this.#block.ticks);
    // Nothing fired lately.
    this.#last = word64(BigInt(this.#block.clock.now) - NANOSECONDS);
    if (state.deadline < 0n) this.#pending.cancel();
    else this.#pending.arm(Number(state.deadline) as VirtualTime);
  }

  stop(): void {
    this.#pending.cancel();
  }

  has(bits: number): boolean {
    return (this.configuration & bits) !== 0;
  }

  /** The configuration was changed. */
  configured(): void {
    if (this.has(TIMER.narrow)) {
      this.comparator = BigInt.asUintN(32, this.comparator);
      this.#period = BigInt.asUintN(32, this.#period);
    }
    if (this.#block.isRunning) this.start();
  }

  /** A periodic timer's first write sets where it fires, the second how often; the bit says which it is (§2.3.9.2.2). */
  writeComparator(isHigh: boolean, value: number): void {
    const isNarrow = this.has(TIMER.narrow);
    if (isNarrow && isHigh) return;
    const change = (old: bigint): bigint => (isNarrow ? BigInt(value) : replaceHalf(old, isHigh, value));
    const isPeriodic = this.has(TIMER.periodic);
    if (!isPeriodic || this.has(TIMER.setAccumulator)) this.comparator = change(this.comparator);
    if (isPeriodic) this.#period = change(this.#period);
    this.configuration &= ~TIMER.setAccumulator;
    if (this.#block.isRunning) this.start();
  }

  /** The counter runs: waits for the comparator's value. */
  start(): void {
    const now = this.#block.ticks;
    this.#target = this.#extended(now);
    const wrap = (now | (WORD - 1n)) + 1n;
    this.#wraps = this.has(TIMER.narrow) && !this.has(TIMER.periodic) && this.#target > wrap;
    this.#arm(this.#wraps ? wrap : this.#target);
  }

  #extended(now: bigint): bigint {
    if (!this.has(TIMER.narrow)) return this.comparator;
    const result = (now & ~(WORD - 1n)) | BigInt.asUintN(32, this.comparator);
    return result < now ? result + WORD : result;
  }

  #arm(ticks: bigint): void {
    let time = this.#block.timeOf(ticks);
    if (this.has(TIMER.periodic) && word64(time - this.#last) < SHORTEST_NS) time = word64(this.#last + SHORTEST_NS);
    this.#last = time;
    // What lies before the present fires at once.
    this.#pending.arm(Number(BigInt.asIntN(64, time)) as VirtualTime);
  }

  /**
   * Periods until the next value that is still to come. In the peer a timer that is exactly on time is not past, and
   * fires twice; that shows only where a client moves time, since it is always late otherwise.
   */
  get #periodsBehind(): bigint {
    const behind = BigInt.asIntN(64, this.#block.ticks - this.#target);
    if (this.#block.clock.source !== "client") return behind < 0n ? 0n : behind / this.#period + 1n;
    return behind > 0n ? (behind + this.#period - 1n) / this.#period : 0n;
  }

  #fire(): void {
    if (this.has(TIMER.periodic) && this.#period !== 0n) {
      this.#target = word64(this.#target + this.#periodsBehind * this.#period);
      this.comparator = this.has(TIMER.narrow) ? BigInt.asUintN(32, this.#target) : this.#target;
      this.#arm(this.#target);
    } else if (this.#wraps) {
      this.#wraps = false;
      this.#arm(this.#target);
    }
    this.#block.drive(this, true);
  }
}
