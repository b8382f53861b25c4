// High precision event timers: IA-PC HPET Specification 1.0a §2.3. One block of three timers that count in steps of 10 ns.
import {
  byteLength,
  disposable,
  type Clock,
  type Disposable,
  type IrqLine,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";

export const HPET_LENGTH = 0x400;
const TICK_NS = 10;
const PERIOD_FS = 10_000_000;
const TIMERS = 3;
const AT = {
  capabilities: 0x000,
  period: 0x004,
  configuration: 0x010,
  status: 0x020,
  counterLow: 0x0f0,
  counterHigh: 0x0f4,
  timers: 0x100,
} as const;
const TIMER_LENGTH = 0x20;
const TIMER_AT = {
  configuration: 0x00,
  routes: 0x04,
  comparatorLow: 0x08,
  comparatorHigh: 0x0c,
  messageData: 0x10,
  messageAddress: 0x14,
} as const;
const CONFIGURATION = { enable: 0x1, legacy: 0x2 } as const;
const TIMER = {
  level: 0x0002,
  enable: 0x0004,
  periodic: 0x0008,
  periodicCapable: 0x0010,
  wideCapable: 0x0020,
  setAccumulator: 0x0040,
  narrow: 0x0100,
  route: 0x3e00,
  writable: 0x3f4e,
} as const;
/** Interrupts 2, 8 and 16 to 23. */
const ROUTES = 0x00ff0104;
const FOUR_GIGA = 2 ** 32;
/** Where timers 0 and 1 replace the interval timer and the clock. */
const LEGACY_LINES: readonly (number | undefined)[] = [0, 8];

interface Timer {
  configuration: number;
  comparator: number;
  /** Of a periodic timer: what is added when it fires. */
  period: number;
  pending: Disposable | undefined;
}

export class HpetBlock {
  readonly region: MemoryRegion;
  readonly #clock: Clock;
  readonly #lines: (number: number) => IrqLine;
  readonly #timers: readonly Timer[] = Array.from({ length: TIMERS }, () => ({
    configuration: 0,
    comparator: 0,
    period: 0,
    pending: undefined,
  }));
  #configuration = 0;
  #status = 0;
  /** The counter while it stands, and the time at which it would have been zero while it runs. */
  #halted = 0;
  #epoch = 0;

  constructor(regions: MemoryRegions, clock: Clock, lines: (number: number) => IrqLine) {
    this.#clock = clock;
    this.#lines = lines;
    this.region = regions.io("hpet", byteLength(HPET_LENGTH), {
      valid: { min: 4, max: 8 },
      impl: { min: 4, max: 4 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    });
    this.reset();
  }

  /** The low half of the capabilities: vendor 8086, legacy routing, 64 bits, number of timers. */
  get eventTimerBlockId(): number {
    return (0x80860000 | 0xa001 | ((TIMERS - 1) << 8)) >>> 0;
  }

  reset(): void {
    for (const timer of this.#timers) {
      void timer.pending?.dispose();
      timer.pending = undefined;
      timer.configuration = TIMER.periodicCapable | TIMER.wideCapable;
      timer.comparator = FOUR_GIGA * FOUR_GIGA - 1;
      timer.period = 0;
    }
    this.#configuration = 0;
    this.#status = 0;
    this.#halted = 0;
  }

  stop(): Disposable {
    return disposable(() => this.reset());
  }

  get #isEnabled(): boolean {
    return (this.#configuration & CONFIGURATION.enable) !== 0;
  }

  get #counter(): number {
    return this.#isEnabled ? Math.floor((this.#clock.now - this.#epoch) / TICK_NS) : this.#halted;
  }

  #read(offset: number): number {
    if (offset >= AT.timers) return this.#readTimer(offset - AT.timers);
    switch (offset) {
      case AT.capabilities:
        return this.eventTimerBlockId;
      case AT.period:
        return PERIOD_FS;
      case AT.configuration:
        return this.#configuration;
      case AT.status:
        return this.#status;
      case AT.counterLow:
        return this.#counter % FOUR_GIGA;
      case AT.counterHigh:
        return Math.floor(this.#counter / FOUR_GIGA);
      default:
        return 0;
    }
  }

  #readTimer(offset: number): number {
    const timer = this.#timers[Math.floor(offset / TIMER_LENGTH)];
    if (timer === undefined) return 0;
    switch (offset % TIMER_LENGTH) {
      case TIMER_AT.configuration:
        return timer.configuration;
      case TIMER_AT.routes:
        return ROUTES;
      case TIMER_AT.comparatorLow:
        return timer.comparator >= FOUR_GIGA * FOUR_GIGA - 1 ? 0xffffffff : timer.comparator % FOUR_GIGA;
      case TIMER_AT.comparatorHigh:
        return Math.min(Math.floor(timer.comparator / FOUR_GIGA), 0xffffffff);
      default:
        return 0;
    }
  }

  #write(offset: number, value: number): void {
    if (offset >= AT.timers) {
      const index = Math.floor((offset - AT.timers) / TIMER_LENGTH);
      const timer = this.#timers[index];
      if (timer !== undefined) this.#writeTimer(timer, index, (offset - AT.timers) % TIMER_LENGTH, value);
      return;
    }
    switch (offset) {
      case AT.configuration:
        this.#configure(value);
        return;
      case AT.status:
        this.#acknowledge(value);
        return;
      case AT.counterLow:
      case AT.counterHigh:
        // Written while the counter stands only (§2.3.7).
        if (this.#isEnabled) return;
        this.#halted =
          offset === AT.counterLow
            ? Math.floor(this.#halted / FOUR_GIGA) * FOUR_GIGA + value
            : (this.#halted % FOUR_GIGA) + Math.min(value, 2 ** 20) * FOUR_GIGA;
        return;
      default:
    }
  }

  #configure(value: number): void {
    const counter = this.#counter;
    this.#configuration = value & (CONFIGURATION.enable | CONFIGURATION.legacy);
    if (this.#isEnabled) this.#epoch = this.#clock.now - counter * TICK_NS;
    else this.#halted = counter;
    for (const [index, timer] of this.#timers.entries()) this.#arm(timer, index);
  }

  #writeTimer(timer: Timer, index: number, offset: number, value: number): void {
    switch (offset) {
      case TIMER_AT.configuration: {
        const kept = timer.configuration & ~TIMER.writable;
        timer.configuration = kept | (value & TIMER.writable);
        break;
      }
      case TIMER_AT.comparatorLow:
        this.#writeComparator(timer, (old) =>
          old >= 2 ** 53 ? value : Math.floor(old / FOUR_GIGA) * FOUR_GIGA + value,
        );
        break;
      case TIMER_AT.comparatorHigh:
        this.#writeComparator(timer, (old) => (old % FOUR_GIGA) + Math.min(value, 2 ** 20) * FOUR_GIGA);
        break;
      default:
        return;
    }
    this.#arm(timer, index);
  }

  /** A periodic timer's first write sets where it fires, the second how often; the bit says which it is (§2.3.9.2.2). */
  #writeComparator(timer: Timer, change: (old: number) => number): void {
    const isPeriodic = (timer.configuration & TIMER.periodic) !== 0;
    if (!isPeriodic || (timer.configuration & TIMER.setAccumulator) !== 0) timer.comparator = change(timer.comparator);
    if (isPeriodic) timer.period = change(timer.period);
    timer.configuration &= ~TIMER.setAccumulator;
  }

  #arm(timer: Timer, index: number): void {
    void timer.pending?.dispose();
    timer.pending = undefined;
    if (!this.#isEnabled || (timer.configuration & TIMER.enable) === 0) return;
    const narrow = (timer.configuration & TIMER.narrow) !== 0;
    const counter = this.#counter;
    const distance = narrow
      ? (((timer.comparator - counter) % FOUR_GIGA) + FOUR_GIGA) % FOUR_GIGA
      : timer.comparator - counter;
    if (distance < 0 || distance > 2 ** 43) return;
    timer.pending = this.#clock.after(Math.max(distance, 1) * TICK_NS, () => this.#fire(timer, index));
  }

  #fire(timer: Timer, index: number): void {
    timer.pending = undefined;
    const line = this.#lineOf(timer, index);
    if ((timer.configuration & TIMER.level) !== 0) {
      this.#status |= 1 << index;
      line.set(true);
    } else {
      line.set(true);
      line.set(false);
    }
    if ((timer.configuration & TIMER.periodic) === 0 || timer.period === 0) return;
    timer.comparator += timer.period;
    this.#arm(timer, index);
  }

  #acknowledge(value: number): void {
    const cleared = this.#status & value;
    this.#status &= ~value;
    for (const [index, timer] of this.#timers.entries()) {
      if ((cleared & (1 << index)) !== 0) this.#lineOf(timer, index).set(false);
    }
  }

  #lineOf(timer: Timer, index: number): IrqLine {
    const legacy = (this.#configuration & CONFIGURATION.legacy) === 0 ? undefined : LEGACY_LINES[index];
    return this.#lines(legacy ?? (timer.configuration & TIMER.route) >> 9);
  }
}
