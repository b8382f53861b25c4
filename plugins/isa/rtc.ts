// Real-time clock with 128 bytes of battery-backed memory: Motorola MC146818A datasheet; century as in PC/AT practice.
import {
  byteLength,
  guestAddress,
  type ClockTimer,
  type Disposable,
  type IrqLine,
  type MemoryRegion,
  type MemoryRegions,
  type VirtualTime,
} from "backplane";
import type { Cmos } from "./contract.ts";
import { secondsToAlarm } from "./rtc-alarm.ts";
import { TimeRegisters } from "./rtc-encoding.ts";
import {
  A,
  A_DEFAULT,
  B,
  C,
  D_VALID,
  isTime,
  nanosecondsOf,
  periodOf,
  RESUME_FROM_S3,
  RTC,
  SECOND_NS,
  ticksAt,
  UPDATE_NS,
} from "./rtc-registers.ts";
import type { RtcSource } from "./rtc-source.ts";
import { secondsOf } from "./rtc-time.ts";

/** The year 2262: what lies beyond, or before 1970, the peer's clock counts in 64 bits of nanoseconds, which wrap. */
const COUNTABLE_SECONDS = 9_200_000_000;

function isCountable(seconds: number): boolean {
  return seconds >= 0 && seconds < COUNTABLE_SECONDS;
}

function counted(seconds: number, elapsed: number): bigint {
  return BigInt.asUintN(64, BigInt(seconds) * 1_000_000_000n + BigInt(elapsed));
}

const MEMORY_LENGTH = 128;
/** After the dividers are let go the first update comes half a second later. */
const HALF_SECOND_NS = 500_000_000;
const RATES_THAT_INTERRUPT = C.updateEnded | C.alarm | C.periodic;

export interface RtcOptions {
  readonly source: RtcSource;
  /** What the clock shows when it is made: seconds since 1970. */
  readonly seconds: number;
  readonly baseYear: number;
  readonly irq: IrqLine;
  /** The alarm went off while its interrupt is enabled: a sleeping machine may wake. */
  alarmed(): void;
  /** The guest has set the clock. */
  timeSet(seconds: number): void;
}

/** What a migration carries. */
export interface RtcState {
  readonly memory: Uint8Array;
  index: number;
  periodic: bigint;
  nextPeriod: bigint;
  coalesced: number;
  period: number;
  seconds: bigint;
  setAt: bigint;
  fraction: bigint;
  update: bigint;
  alarm: bigint;
}

export class RealTimeClock implements Cmos, Disposable {
  readonly region: MemoryRegion;
  readonly #options: RtcOptions;
  readonly #memory = new Uint8Array(MEMORY_LENGTH);
  readonly #registers: TimeRegisters;
  readonly #updates: ClockTimer;
  readonly #periods: ClockTimer;
  #index = 0;
  /** What the clock showed at `#setAt`, to the second; `#fraction` nanoseconds of it had passed. */
  #seconds: number;
  #setAt: number;
  #fraction = 0;
  /** The guest has seen "update in progress", and sees it until the update is over. */
  #updating = false;
  #alarmAt = 0;
  #nextPeriod = 0;

  constructor(regions: MemoryRegions, options: RtcOptions) {
    this.#options = options;
    this.#seconds = options.seconds;
    this.#setAt = options.source.now;
    this.#registers = new TimeRegisters(this.#memory, options.baseYear);
    this.#memory[RTC.a] = A_DEFAULT;
    this.#memory[RTC.b] = B.hours24;
    this.#memory[RTC.d] = D_VALID;
    this.#refresh();
    this.#updates = options.source.timer(() => this.#update());
    this.#periods = options.source.timer(() => this.#period());
    this.#schedule();
    const ops = {
      impl: { min: 1, max: 1 },
      read: (offset: number) => (offset === 0 ? 0xff : this.#read()),
      write: (offset: number, value: number) => {
        // The top bit masks non-maskable interrupts.
        if (offset === 0) this.#index = value & 0x7f;
        else this.#write(value);
      },
    } as const;
    this.region = regions.io("rtc", byteLength(2), ops);
    this.region.addSubregion(guestAddress(0), regions.io("rtc-index", byteLength(1), ops));
  }

  dispose(): void {
    void this.#updates.dispose();
    void this.#periods.dispose();
  }

  reset(): void {
    if (this.#at(RTC.shutdownStatus) !== RESUME_FROM_S3) this.#memory[RTC.shutdownStatus] = 0;
    this.#memory[RTC.b] = this.#at(RTC.b) & ~(B.periodic | B.alarm | B.squareWave);
    this.#memory[RTC.c] = this.#at(RTC.c) & ~(C.interrupt | RATES_THAT_INTERRUPT);
    this.#schedule();
    this.#options.irq.set(false);
  }

  captureState(): RtcState {
    if (this.#isRunning) this.#refresh();
    const { origin } = this.#options.source;
    const abroad = (time: number | undefined): bigint => (time === undefined ? -1n : origin + BigInt(Math.floor(time)));
    return {
      memory: this.#memory.slice(),
      index: this.#index,
      periodic: abroad(this.#periods.deadline),
      nextPeriod: this.#nextPeriod === 0 ? 0n : abroad(this.#nextPeriod),
      coalesced: 0,
      period: this.#ticksPerPeriod,
      seconds: BigInt(this.#seconds),
      setAt: abroad(this.#setAt),
      fraction: BigInt(Math.floor(this.#fraction)),
      update: abroad(this.#updates.deadline),
      alarm: abroad(this.#alarmAt),
    };
  }

  /** Times are those of what moves the clock, told from its beginning: the clock goes on as if it had never been moved. */
  restoreState(state: RtcState): void {
    const { source } = this.#options;
    const here = (time: bigint): number => Number(time - source.origin);
    this.#memory.set(state.memory);
    this.#index = state.index & 0x7f;
    this.#seconds = Number(BigInt.asIntN(64, state.seconds));
    this.#setAt = here(state.setAt);
    this.#fraction = Number(state.fraction);
    this.#alarmAt = here(state.alarm);
    this.#nextPeriod = state.nextPeriod === 0n ? 0 : here(state.nextPeriod);
    this.#updating = false;
    if (state.periodic < 0n) this.#periods.cancel();
    else this.#periods.arm(here(state.periodic) as VirtualTime);
    if (state.update < 0n) this.#updates.cancel();
    else this.#updates.arm(here(state.update) as VirtualTime);
  }

  /** The machine goes to sleep: the firmware that wakes it learns so. */
  suspend(): void {
    this.#memory[RTC.shutdownStatus] = RESUME_FROM_S3;
  }

  get(index: number): number {
    if (isTime(index)) this.#refresh();
    return this.#at(index);
  }

  set(index: number, value: number): void {
    this.#memory[index] = value;
  }

  get date(): Date {
    this.#refresh();
    return new Date(secondsOf(this.#registers.read()) * 1000);
  }

  #at(index: number): number {
    return this.#memory[index] ?? 0;
  }

  /** Whether time passes: neither held by the guest nor without a divided clock. */
  get #isRunning(): boolean {
    return (this.#at(RTC.b) & B.set) === 0 && (this.#at(RTC.a) & A.dividers) <= A.running;
  }

  get #isInReset(): boolean {
    return (this.#at(RTC.a) & A.reset) === A.reset;
  }

  /** Since the clock showed `#seconds` and nothing behind the point. */
  get #elapsed(): number {
    return this.#options.source.now - this.#setAt + this.#fraction;
  }

  get #intoSecond(): number {
    return isCountable(this.#seconds)
      ? this.#elapsed % SECOND_NS
      : Number(counted(this.#seconds, this.#elapsed) % 1_000_000_000n);
  }

  /** The second that the clock shows. */
  get #second(): number {
    return isCountable(this.#seconds)
      ? this.#seconds + Math.floor(this.#elapsed / SECOND_NS)
      : Number(BigInt.asIntN(64, counted(this.#seconds, this.#elapsed)) / 1_000_000_000n);
  }

  /** Brings the registers up to date, unless the guest holds them. */
  #refresh(): void {
    if ((this.#at(RTC.b) & B.set) !== 0) return;
    this.#registers.write(new Date(this.#second * 1000));
  }

  /** Takes the registers for the time of now. */
  #setTime(): void {
    this.#seconds = secondsOf(this.#registers.read());
    this.#setAt = this.#options.source.now;
    this.#options.timeSet(this.#seconds);
  }

  #read(): number {
    if (this.#index === RTC.ps2Century) this.#index = RTC.century;
    const index = this.#index;
    if (isTime(index) && this.#isRunning) this.#refresh();
    const value = this.#at(index);
    if (index === RTC.a) return this.#isUpdating() ? value | A.updating : value;
    if (index === RTC.c) this.#acknowledge(value);
    return value;
  }

  #acknowledge(flags: number): void {
    this.#options.irq.set(false);
    this.#memory[RTC.c] = 0;
    if ((flags & (C.updateEnded | C.alarm)) !== 0) this.#schedule();
  }

  #isUpdating(): boolean {
    if (this.#updating) return true;
    if (!this.#isRunning) return false;
    const { deadline } = this.#updates;
    this.#updating = deadline !== undefined && this.#options.source.now >= deadline - UPDATE_NS;
    return this.#updating || this.#intoSecond >= SECOND_NS - UPDATE_NS;
  }

  #write(value: number): void {
    if (this.#index === RTC.ps2Century) this.#index = RTC.century;
    switch (this.#index) {
      case RTC.a:
        return this.#writeA(value);
      case RTC.b:
        return this.#writeB(value);
      case RTC.c:
      case RTC.d:
        return;
      default:
        return this.#store(this.#index, value);
    }
  }

  #store(index: number, value: number): void {
    this.#memory[index] = value;
    if (isTime(index)) {
      if (!this.#isRunning) return;
      this.#setTime();
      this.#schedule();
    } else if (index === RTC.secondsAlarm || index === RTC.minutesAlarm || index === RTC.hoursAlarm) this.#schedule();
  }

  #writeA(value: number): void {
    const before = this.#ticksPerPeriod;
    const changesRate = ((this.#at(RTC.a) ^ value) & A.rate) !== 0;
    if ((value & A.reset) === A.reset) {
      if (this.#isRunning) this.#refresh();
      this.#updating = false;
    } else if (this.#isInReset && (value & A.dividers) <= A.running) {
      if ((this.#at(RTC.b) & B.set) === 0) {
        this.#fraction = HALF_SECOND_NS;
        this.#setTime();
      }
      this.#updating = false;
    }
    this.#memory[RTC.a] = value & ~A.updating;
    if (changesRate) this.#restartPeriods(before);
    this.#schedule();
  }

  #writeB(value: number): void {
    const before = this.#ticksPerPeriod;
    const old = this.#at(RTC.b);
    let kept = value;
    if ((value & B.set) !== 0) {
      if (this.#isRunning) this.#refresh();
      this.#updating = false;
      kept &= ~B.updateEnded;
    } else if ((old & B.set) !== 0 && (this.#at(RTC.a) & A.dividers) <= A.running) {
      this.#fraction = this.#intoSecond;
      this.#setTime();
    }
    // What has happened already interrupts as soon as it may.
    const isPending = (kept & this.#at(RTC.c) & RATES_THAT_INTERRUPT) !== 0;
    this.#memory[RTC.c] = isPending ? this.#at(RTC.c) | C.interrupt : this.#at(RTC.c) & ~C.interrupt;
    this.#options.irq.set(isPending);
    this.#memory[RTC.b] = kept;
    if (((old ^ kept) & B.periodic) !== 0) this.#restartPeriods(before);
    this.#schedule();
  }

  /** Sets flags of register C; new ones interrupt if they are enabled in B, where they have the same places. */
  #raise(flags: number): void {
    const before = this.#at(RTC.c);
    this.#memory[RTC.c] = before | flags;
    if ((flags & ~before & this.#at(RTC.b)) === 0) return;
    this.#memory[RTC.c] = before | flags | C.interrupt;
    this.#options.irq.set(true);
  }

  /** The next second begins. */
  #update(): void {
    this.#refresh();
    this.#updating = false;
    const isAlarm = this.#options.source.now >= this.#alarmAt;
    if (isAlarm && (this.#at(RTC.b) & B.alarm) !== 0) this.#options.alarmed();
    this.#raise(isAlarm ? C.updateEnded | C.alarm : C.updateEnded);
    this.#schedule();
  }

  /** Waits for the next update that somebody could notice; the registers are brought up to date when they are read. */
  #schedule(): void {
    if (this.#isInReset) return this.#updates.cancel();
    this.#refresh();
    const nextSecond = this.#options.source.now + SECOND_NS - this.#intoSecond;
    const toAlarm = secondsToAlarm(this.#registers.alarm(), this.#registers.timeOfDay());
    this.#alarmAt = nextSecond + (toAlarm - 1) * SECOND_NS;
    const flags = this.#at(RTC.c);
    let deadline = nextSecond;
    if (!this.#updating && (flags & C.updateEnded) !== 0) {
      if ((this.#at(RTC.b) & B.set) !== 0 || (flags & C.alarm) !== 0) return this.#updates.cancel();
      deadline = this.#alarmAt;
    }
    if (deadline !== this.#updates.deadline) this.#updates.arm(deadline as VirtualTime);
  }

  get #ticksPerPeriod(): number {
    return (this.#at(RTC.b) & B.periodic) === 0 ? 0 : periodOf(this.#at(RTC.a) & A.rate);
  }

  /** With another rate, or on or off: what has passed of the old period counts towards the new one. */
  #restartPeriods(before: number): void {
    const ticks = ticksAt(this.#options.source.now);
    const lost = before === 0 ? 0 : ticks - (ticksAt(this.#nextPeriod) - before);
    this.#armPeriods(ticks, lost);
  }

  #armPeriods(ticks: number, lost: number): void {
    const period = this.#ticksPerPeriod;
    if (period === 0) return this.#periods.cancel();
    this.#nextPeriod = nanosecondsOf(ticks + period - Math.min(Math.max(lost, 0), period)) + 1;
    this.#periods.arm(this.#nextPeriod as VirtualTime);
  }

  #period(): void {
    this.#armPeriods(ticksAt(this.#nextPeriod), 0);
    this.#memory[RTC.c] = this.#at(RTC.c) | C.periodic;
    if ((this.#at(RTC.b) & B.periodic) === 0) return;
    this.#memory[RTC.c] = this.#at(RTC.c) | C.interrupt;
    this.#options.irq.set(true);
  }
}
