// High precision event timers: IA-PC HPET Specification 1.0a §2.3. The block counts in steps of 10 ns.
import { byteLength, type Clock, type IrqLine, type MemoryRegion, type MemoryRegions } from "backplane";
import { half, HpetTimer, replaceHalf, TICK_NS, TIMER, type TimerBlock, ROUTES, type HpetTimerState } from "./timer.ts";

export const HPET_LENGTH = 0x400;
const PERIOD_FS = 10_000_000;
export const TIMERS = { fewest: 3, most: 32 } as const;
const AT = {
  capabilities: 0x000,
  configuration: 0x010,
  status: 0x020,
  counter: 0x0f0,
  timers: 0x100,
} as const;
const TIMER_LENGTH = 0x20;
const TIMER_AT = { configuration: 0x00, comparator: 0x08, route: 0x10 } as const;
const CONFIGURATION = { enable: 0x1, legacy: 0x2, writable: 0x3 } as const;
/** Where timers 0 and 1 replace the interval timer and the clock. */
export const LEGACY_LINES = { timer: 0, clock: 8 } as const;
const TICK = BigInt(TICK_NS);

export interface HpetServices {
  readonly regions: MemoryRegions;
  readonly clock: Clock;
  readonly timers: number;
  /** Timers can send messages. */
  readonly messages: boolean;
  /** Outputs of the block, by interrupt. */
  line(number: number): IrqLine;
  send(address: number, data: number): void;
  /** Low while timer 0 stands in for the interval timer. */
  readonly intervalTimerEnabled: IrqLine;
}

/** What a migration carries. */
export interface HpetState {
  configuration: bigint;
  status: bigint;
  counter: bigint;
  readonly timerCount: number;
  clockLevel: number;
  /** Nanoseconds by which a running counter is ahead of the clock. */
  offset: bigint;
  timers: HpetTimerState[];
}

export class HpetBlock implements TimerBlock {
  readonly region: MemoryRegion;
  readonly clock: Clock;
  readonly #services: HpetServices;
  /** One more than can be configured from reset: the registers behind the last are there, as in the peer. */
  readonly #timers: readonly HpetTimer[];
  #configuration = 0;
  #status = 0;
  /** The counter while it stands. */
  #counter = 0n;
  /** Nanoseconds by which a running counter is ahead of the clock; also as a number where that is exact. */
  #offset = 0n;
  #smallOffset: number | undefined = 0;
  #clockLevel = false;

  constructor(services: HpetServices) {
    this.#services = services;
    this.clock = services.clock;
    this.#timers = Array.from({ length: services.timers + 1 }, (_, index) => new HpetTimer(index, this));
    this.region = services.regions.io("hpet", byteLength(HPET_LENGTH), {
      valid: { min: 4, max: 8 },
      impl: { min: 4, max: 4 },
      read: (offset) => this.#read(offset & ~7, (offset & 4) !== 0),
      write: (offset, value) => this.#write(offset & ~7, (offset & 4) !== 0, value),
    });
    this.reset();
  }

  /** The low half of the capabilities: vendor 8086, legacy routing, 64 bits, number of timers. */
  get eventTimerBlockId(): number {
    return (0x80860000 | 0xa001 | ((this.#services.timers - 1) << 8)) >>> 0;
  }

  reset(): void {
    for (const timer of this.#counted) timer.reset(this.#services.messages ? TIMER.messageCapable : 0);
    this.#services.intervalTimerEnabled.set(true);
    this.#counter = 0n;
    this.#setOffset(0n);
    this.#configuration = 0;
    this.#clockLevel = false;
  }

  captureState(): HpetState {
    return {
      configuration: BigInt(this.#configuration),
      status: BigInt(this.#status >>> 0),
      counter: this.isRunning ? this.ticks : this.#counter,
      timerCount: this.#services.timers,
      clockLevel: Number(this.#clockLevel),
      offset: this.#offset,
      timers: this.#counted.map((timer) => timer.captureState()),
    };
  }

  restoreState(state: HpetState): void {
    this.#configuration = Number(state.configuration & BigInt(CONFIGURATION.writable));
    this.#status = Number(BigInt.asUintN(32, state.status));
    this.#counter = state.counter;
    this.#clockLevel = state.clockLevel !== 0;
    this.#setOffset(state.offset);
    for (const [index, timer] of this.#counted.entries()) {
      const loaded = state.timers[index];
      if (loaded !== undefined) timer.restoreState(loaded);
    }
  }

  dispose(): void {
    for (const timer of this.#timers) timer.stop();
  }

  /** The interval timer's output. */
  setIntervalTimer(level: boolean): void {
    if (!this.#isLegacy) this.#services.line(LEGACY_LINES.timer).set(level);
  }

  /** The real-time clock's interrupt. */
  setClock(level: boolean): void {
    this.#clockLevel = level;
    if (!this.#isLegacy) this.#services.line(LEGACY_LINES.clock).set(level);
  }

  get isRunning(): boolean {
    return (this.#configuration & CONFIGURATION.enable) !== 0;
  }

  get #isLegacy(): boolean {
    return (this.#configuration & CONFIGURATION.legacy) !== 0;
  }

  get #counted(): readonly HpetTimer[] {
    return this.#timers.slice(0, this.#services.timers);
  }

  get ticks(): bigint {
    return BigInt.asUintN(64, BigInt(this.clock.now) + this.#offset) / TICK;
  }

  timeOf(ticks: bigint): bigint {
    return BigInt.asUintN(64, ticks * TICK - this.#offset);
  }

  drive(timer: HpetTimer, raise: boolean): void {
    const bit = 1 << timer.index;
    const isLevel = timer.has(TIMER.level);
    this.#status = raise && isLevel ? this.#status | bit : this.#status & ~bit;
    const sendsMessages = timer.has(TIMER.message);
    if (!raise || !timer.has(TIMER.enable) || !this.isRunning) {
      if (!sendsMessages) this.#lineOf(timer).set(false);
      return;
    }
    if (sendsMessages) {
      this.#services.send(half(timer.route, true), half(timer.route, false));
      return;
    }
    const line = this.#lineOf(timer);
    line.set(true);
    if (!isLevel) line.set(false);
  }

  #lineOf({ index, configuration }: HpetTimer): IrqLine {
    if (this.#isLegacy && index <= 1) {
      return this.#services.line(index === 0 ? LEGACY_LINES.timer : LEGACY_LINES.clock);
    }
    return this.#services.line((configuration & 0x3e00) >> 9);
  }

  #setOffset(offset: bigint): void {
    this.#offset = BigInt.asUintN(64, offset);
    const small = Number(BigInt.asIntN(64, offset));
    this.#smallOffset = Number.isSafeInteger(small) ? small : undefined;
  }

  #read(at: number, isHigh: boolean): number {
    if (at >= AT.timers) return this.#readTimer(at - AT.timers, isHigh);
    switch (at) {
      case AT.capabilities:
        return isHigh ? PERIOD_FS : this.eventTimerBlockId;
      case AT.configuration:
        return isHigh ? 0 : this.#configuration;
      case AT.status:
        return isHigh ? 0 : this.#status >>> 0;
      case AT.counter:
        return this.#readCounter(isHigh);
      default:
        return 0;
    }
  }

  /** Guests read it often: without arithmetic of 64 bits where 53 suffice. */
  #readCounter(isHigh: boolean): number {
    if (!this.isRunning) return half(this.#counter, isHigh);
    const time = this.#smallOffset === undefined ? -1 : this.clock.now + this.#smallOffset;
    if (time < 0 || time > Number.MAX_SAFE_INTEGER) return half(this.ticks, isHigh);
    const ticks = Math.floor(time / TICK_NS);
    return isHigh ? Math.floor(ticks / 2 ** 32) : ticks % 2 ** 32;
  }

  #readTimer(at: number, isHigh: boolean): number {
    const timer = this.#timers[Math.floor(at / TIMER_LENGTH)];
    if (timer === undefined) return 0;
    switch (at % TIMER_LENGTH) {
      case TIMER_AT.configuration:
        if (isHigh) return timer.index < this.#services.timers ? ROUTES : 0;
        return timer.configuration;
      case TIMER_AT.comparator:
        return half(timer.comparator, isHigh);
      case TIMER_AT.route:
        return half(timer.route, isHigh);
      default:
        return 0;
    }
  }

  #write(at: number, isHigh: boolean, value: number): void {
    if (at >= AT.timers) {
      const timer = this.#timers[Math.floor((at - AT.timers) / TIMER_LENGTH)];
      if (timer !== undefined) this.#writeTimer(timer, (at - AT.timers) % TIMER_LENGTH, isHigh, value);
      return;
    }
    switch (at) {
      case AT.configuration:
        if (!isHigh) this.#configure(value & CONFIGURATION.writable);
        return;
      case AT.status:
        if (!isHigh) this.#acknowledge(value);
        return;
      case AT.counter:
        // A running counter shows it when it has been halted and runs again (§2.3.7).
        this.#counter = replaceHalf(this.#counter, isHigh, value);
        return;
      default:
    }
  }

  #configure(value: number): void {
    const changed = this.#configuration ^ value;
    const wasRunning = this.isRunning;
    const ticks = wasRunning ? this.ticks : this.#counter;
    this.#configuration = value;
    if ((changed & CONFIGURATION.enable) !== 0) {
      if (wasRunning) this.#halt(ticks);
      else this.#run();
    }
    if ((changed & CONFIGURATION.legacy) !== 0) this.#replaceLegacy();
  }

  #run(): void {
    this.#setOffset(this.#counter * TICK - BigInt(this.clock.now));
    for (const timer of this.#counted) {
      if (timer.has(TIMER.enable) && this.#hasStatus(timer)) this.drive(timer, true);
      timer.start();
    }
  }

  #halt(ticks: bigint): void {
    this.#counter = ticks;
    for (const timer of this.#counted) {
      timer.stop();
      // The status stays, and the line is taken back.
      if (this.#hasStatus(timer)) this.drive(timer, true);
    }
  }

  #hasStatus({ index }: HpetTimer): boolean {
    return (this.#status & (1 << index)) !== 0;
  }

  /** In legacy mode the interval timer and the clock are cut off from their interrupts (§2.4.1). */
  #replaceLegacy(): void {
    const { intervalTimerEnabled } = this.#services;
    const timer = this.#services.line(LEGACY_LINES.timer);
    const clock = this.#services.line(LEGACY_LINES.clock);
    if (this.#isLegacy) {
      intervalTimerEnabled.set(false);
      timer.set(false);
      clock.set(false);
    } else {
      timer.set(false);
      intervalTimerEnabled.set(true);
      clock.set(this.#clockLevel);
    }
  }

  #acknowledge(value: number): void {
    const cleared = this.#status & value;
    for (const timer of this.#counted) if ((cleared & (1 << timer.index)) !== 0) this.drive(timer, false);
  }

  #writeTimer(timer: HpetTimer, at: number, isHigh: boolean, value: number): void {
    switch (at) {
      case TIMER_AT.configuration: {
        const old = timer.configuration;
        const next = isHigh ? old : (old & ~TIMER.writable) | (value & TIMER.writable);
        if ((old & ~next & TIMER.level) !== 0) this.drive(timer, false);
        timer.configuration = next;
        if ((next & ~old & TIMER.enable) !== 0 && this.#hasStatus(timer)) this.drive(timer, true);
        timer.configured();
        return;
      }
      case TIMER_AT.comparator:
        timer.writeComparator(isHigh, value);
        return;
      case TIMER_AT.route:
        timer.route = replaceHalf(timer.route, isHigh, value);
        return;
      default:
    }
  }
}
