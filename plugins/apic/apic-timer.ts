// The local APIC's timer: Intel SDM volume 3, §11.5.4. It counts nanoseconds of virtual time, divided.
import type { Clock, ClockTimer, Disposable, VirtualTime } from "backplane";
import { LVT } from "./registers.ts";

/** What a migration carries. */
export interface ApicTimerState {
  divide: number;
  shift: number;
  initial: number;
  start: bigint;
  next: bigint;
  /** -1: nothing is due. */
  deadline: bigint;
}

export class ApicTimer implements Disposable {
  readonly #clock: Clock;
  readonly #timer: ClockTimer;
  #entry: number = LVT.masked;
  #divide = 0;
  #divisor = 1;
  #initial = 0;
  #start = 0;

  /** `expired`: the entry of the local vector table is due. */
  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#timer = clock.timer(() => {
      const at = clock.now;
      expired();
      this.#arm(at);
    }, "interrupts");
  }

  reset(): void {
    this.#timer.cancel();
    this.#entry = LVT.masked;
    this.#divide = 0;
    this.#divisor = 1;
    this.#initial = 0;
    this.#start = 0;
  }

  captureState(): ApicTimerState {
    const next = BigInt(this.#timer.deadline ?? -1);
    return {
      divide: this.#divide,
      shift: Math.log2(this.#divisor),
      initial: this.#initial,
      start: BigInt(this.#start),
      next: next < 0n ? 0n : next,
      deadline: next,
    };
  }

  restoreState(state: ApicTimerState, entry: number): void {
    this.#entry = entry;
    this.#divide = state.divide & 0xb;
    // After reset it counts undivided, whatever the register says.
    this.#divisor = 2 ** (state.shift & 7);
    this.#initial = state.initial;
    this.#start = Number(state.start);
    if (state.deadline < 0n) this.#timer.cancel();
    else this.#timer.arm(Number(state.deadline) as VirtualTime);
  }

  dispose(): void {
    this.#timer.cancel();
  }

  /** The entry of the local vector table says how often it expires, and whether that is seen. */
  set entry(value: number) {
    const isOther = ((value ^ this.#entry) & LVT.deadline) !== 0;
    this.#entry = value;
    // Leaving or entering the mode disarms (§11.5.4.1).
    if (isOther) this.#timer.cancel();
    if ((value & LVT.deadline) === 0) this.#arm(this.#clock.now);
  }

  get divide(): number {
    return this.#divide;
  }

  set divide(value: number) {
    this.#divide = value & 0xb;
    const code = (value & 3) | ((value >> 1) & 4);
    this.#divisor = 2 ** ((code + 1) & 7);
  }

  get initial(): number {
    return this.#initial;
  }

  set initial(count: number) {
    if ((this.#entry & LVT.deadline) !== 0) return;
    this.#initial = count;
    this.#start = this.#clock.now;
    this.#arm(this.#start);
  }

  get current(): number {
    const ticks = this.#ticksAt(this.#clock.now);
    if ((this.#entry & LVT.periodic) !== 0) return this.#initial - (ticks % (this.#initial + 1));
    return Math.max(this.#initial - ticks, 0);
  }

  setDeadline(deadline: VirtualTime): void {
    if ((this.#entry & LVT.deadline) === 0) return;
    if (deadline === 0) this.#timer.cancel();
    else this.#timer.arm(deadline);
  }

  #ticksAt(time: number): number {
    return Math.floor((time - this.#start) / this.#divisor);
  }

  #arm(now: number): void {
    if ((this.#entry & LVT.deadline) !== 0) return;
    const deadline = (this.#entry & LVT.masked) === 0 ? this.#next(this.#ticksAt(now)) : undefined;
    if (deadline === undefined) this.#timer.cancel();
    else this.#timer.arm((this.#start + deadline * this.#divisor) as VirtualTime);
  }

  /** The tick at which it expires next: the one after the count has reached zero. */
  #next(ticks: number): number | undefined {
    const period = this.#initial + 1;
    if ((this.#entry & LVT.periodic) === 0) return ticks < this.#initial ? period : undefined;
    return this.#initial === 0 ? undefined : (Math.floor(ticks / period) + 1) * period;
  }
}
