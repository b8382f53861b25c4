// Programmable interval timer: Intel 8254 datasheet (231164). Counters follow the virtual clock; what is read is computed
// from the time since the count was written.
import {
  byteLength,
  type Clock,
  type ClockTimer,
  type Disposable,
  type IrqLine,
  type MemoryRegion,
  type MemoryRegions,
  type VirtualTime,
} from "backplane";

const FREQUENCY = 1193182;
const NANOSECONDS = 1e9;
const CONTROL = 3;
const READ_BACK = 3;
const LONGEST = 0x10000;

/** How a count is read and written: its low byte, its high byte, or both in turn. */
const ACCESS = { low: 1, high: 2, both: 3, bothHigh: 4 } as const;

/** Whole periods of the input clock in a time; exact for all times that the clock has. */
function ticksIn(nanoseconds: number): number {
  const seconds = Math.floor(nanoseconds / NANOSECONDS);
  return seconds * FREQUENCY + Math.floor(((nanoseconds - seconds * NANOSECONDS) * FREQUENCY) / NANOSECONDS);
}

function timeOf(ticks: number): number {
  const seconds = Math.floor(ticks / FREQUENCY);
  return seconds * NANOSECONDS + Math.floor(((ticks - seconds * FREQUENCY) * NANOSECONDS) / FREQUENCY);
}

/** What a migration carries of a counter. */
export interface CounterState {
  count: number;
  latched: number;
  latchReading: number;
  statusLatched: number;
  status: number;
  reading: number;
  writing: number;
  lowWritten: number;
  access: number;
  mode: number;
  decimal: number;
  gate: number;
  start: bigint;
  nextChange: bigint;
}

export interface IntervalTimerState {
  disabled: number;
  counters: CounterState[];
  /** When the output changes next; -1: never. */
  nextChange: bigint;
}

class Counter {
  readonly #clock: Clock;
  readonly #initialGate: boolean;
  /** A count was written, or counting started anew. */
  readonly #restarted: () => void;
  #count = LONGEST;
  #start = 0;
  #mode = 3;
  #decimal = 0;
  #access = 0;
  #reading = 0;
  #writing = 0;
  #lowWritten = 0;
  #latched = 0;
  /** Which part of the latched count comes next; 0 when none is latched. */
  #latchReading = 0;
  #status: number | undefined;
  #gate: boolean;

  constructor(clock: Clock, gate: boolean, restarted: () => void) {
    this.#clock = clock;
    this.#initialGate = gate;
    this.#gate = gate;
    this.#restarted = restarted;
  }

  /** The 8254 has no reset input; the board sets what the firmware counts on. */
  reset(): void {
    this.#mode = 3;
    this.#gate = this.#initialGate;
    this.#start = this.#clock.now;
    this.#count = LONGEST;
  }

  captureState(): CounterState {
    return {
      count: this.#count,
      latched: this.#latched,
      latchReading: this.#latchReading,
      statusLatched: Number(this.#status !== undefined),
      status: this.#status ?? 0,
      reading: this.#reading,
      writing: this.#writing,
      lowWritten: this.#lowWritten,
      access: this.#access,
      mode: this.#mode,
      decimal: this.#decimal,
      gate: Number(this.#gate),
      start: BigInt(this.#start),
      nextChange: 0n,
    };
  }

  restoreState(state: CounterState): void {
    // A count of none would divide by zero; the counter has none such.
    this.#count = state.count >= 1 && state.count <= LONGEST ? state.count : LONGEST;
    this.#latched = state.latched;
    this.#latchReading = state.latchReading;
    this.#status = state.statusLatched === 0 ? undefined : state.status;
    this.#reading = state.reading;
    this.#writing = state.writing;
    this.#lowWritten = state.lowWritten;
    this.#access = state.access;
    this.#mode = state.mode & 7;
    this.#decimal = state.decimal & 1;
    this.#gate = state.gate !== 0;
    this.#start = Number(state.start);
  }

  get gate(): boolean {
    return this.#gate;
  }

  /** A rising edge starts counting anew, except in modes 0 and 4. */
  set gate(gate: boolean) {
    const rises = gate && !this.#gate;
    this.#gate = gate;
    if (!rises || this.#mode === 0 || this.#mode === 4 || this.#mode > 5) return;
    this.#start = this.#clock.now;
    this.#restarted();
  }

  command(value: number): void {
    const access = (value >> 4) & 3;
    if (access === 0) {
      this.latch();
      return;
    }
    this.#access = access;
    this.#reading = access;
    this.#writing = access;
    this.#mode = (value >> 1) & 7;
    this.#decimal = value & 1;
  }

  latch(): void {
    if (this.#latchReading !== 0) return;
    this.#latched = this.#value;
    this.#latchReading = this.#access;
  }

  latchStatus(): void {
    this.#status ??=
      (this.outputAt(this.#clock.now) ? 0x80 : 0) | (this.#access << 4) | (this.#mode << 1) | this.#decimal;
  }

  write(value: number): void {
    switch (this.#writing) {
      case ACCESS.high:
        this.#load(value << 8);
        return;
      case ACCESS.both:
        this.#lowWritten = value;
        this.#writing = ACCESS.bothHigh;
        return;
      case ACCESS.bothHigh:
        this.#writing = ACCESS.both;
        this.#load(this.#lowWritten | (value << 8));
        return;
      default:
        this.#load(value);
    }
  }

  read(): number {
    const status = this.#status;
    this.#status = undefined;
    if (status !== undefined) return status;
    if (this.#latchReading !== 0) return this.#readLatched();
    const isHigh = this.#reading === ACCESS.high || this.#reading === ACCESS.bothHigh;
    if (this.#reading === ACCESS.both) this.#reading = ACCESS.bothHigh;
    else if (this.#reading === ACCESS.bothHigh) this.#reading = ACCESS.both;
    return (isHigh ? this.#value >> 8 : this.#value) & 0xff;
  }

  #readLatched(): number {
    const part = this.#latchReading;
    this.#latchReading = part === ACCESS.both ? ACCESS.high : 0;
    return (part === ACCESS.high ? this.#latched >> 8 : this.#latched) & 0xff;
  }

  outputAt(time: number): boolean {
    const ticks = ticksIn(time - this.#start);
    const count = this.#count;
    switch (this.#mode) {
      case 2:
        return ticks !== 0 && ticks % count === 0;
      case 3:
        return ticks % count < (count + 1) >> 1;
      case 4:
      case 5:
        return ticks === count;
      default:
        return ticks >= count;
    }
  }

  /** When the output changes next; undefined when it stays. */
  nextChange(time: number): number | undefined {
    const tick = this.#nextTick(ticksIn(time - this.#start));
    return tick === undefined ? undefined : Math.max(this.#start + timeOf(tick), time + 1);
  }

  #nextTick(ticks: number): number | undefined {
    const count = this.#count;
    const within = ticks % count;
    switch (this.#mode) {
      case 2:
        return ticks - within + (within === 0 && ticks !== 0 ? count : count + 1);
      case 3: {
        const firstHalf = (count + 1) >> 1;
        return ticks - within + (within < firstHalf ? firstHalf : count);
      }
      case 4:
      case 5:
        if (ticks === count) return count + 1;
        return ticks < count ? count : undefined;
      default:
        return ticks < count ? count : undefined;
    }
  }

  get #value(): number {
    const ticks = ticksIn(this.#clock.now - this.#start);
    const count = this.#count;
    switch (this.#mode) {
      case 0:
      case 1:
      case 4:
      case 5:
        return (((count - ticks) % LONGEST) + LONGEST) % LONGEST;
      case 3:
        return count - ((2 * ticks) % count);
      default:
        return count - (ticks % count);
    }
  }

  #load(count: number): void {
    this.#count = count === 0 ? LONGEST : count;
    this.#start = this.#clock.now;
    this.#restarted();
  }
}

export class IntervalTimer implements Disposable {
  readonly region: MemoryRegion;
  readonly #clock: Clock;
  readonly #output: IrqLine;
  readonly #counters: readonly [Counter, Counter, Counter];
  readonly #change: ClockTimer;
  #nextChange = 0;
  #outputEnabled = true;

  /** `output` is what counter 0 drives. */
  constructor(regions: MemoryRegions, clock: Clock, output: IrqLine) {
    this.#clock = clock;
    this.#output = output;
    const none = (): void => undefined;
    this.#counters = [
      new Counter(clock, true, () => this.#drive(clock.now)),
      new Counter(clock, true, none),
      new Counter(clock, false, none),
    ];
    this.#change = clock.timer(() => this.#drive(this.#nextChange), "interrupts");
    this.region = regions.io("pit", byteLength(4), {
      impl: { min: 1, max: 1 },
      // The control register cannot be read.
      read: (offset) => (offset === CONTROL ? 0 : (this.#counters[offset]?.read() ?? 0)),
      write: (offset, value) => (offset === CONTROL ? this.#command(value) : this.#counters[offset]?.write(value)),
    });
  }

  reset(): void {
    for (const counter of this.#counters) counter.reset();
    if (this.#outputEnabled) this.#wait(this.#clock.now);
  }

  dispose(): void {
    this.#change.cancel();
  }

  /** Cut off while another timer stands in for counter 0. */
  enableOutput(enabled: boolean): void {
    this.#outputEnabled = enabled;
    if (enabled) this.#drive(this.#clock.now);
    else this.#change.cancel();
  }

  /** Counter 2, which the speaker listens to. */
  get speakerOutput(): boolean {
    return this.#counters[2].outputAt(this.#clock.now);
  }

  setSpeakerGate(gate: boolean): void {
    this.#counters[2].gate = gate;
  }

  get speakerGate(): boolean {
    return this.#counters[2].gate;
  }

  captureState(): IntervalTimerState {
    const { deadline } = this.#change;
    const nextChange = BigInt(deadline ?? -1);
    const counters = this.#counters.map((counter) => counter.captureState());
    for (const first of counters.slice(0, 1)) first.nextChange = nextChange;
    return { disabled: Number(!this.#outputEnabled), counters, nextChange };
  }

  restoreState({ disabled, counters, nextChange }: IntervalTimerState): void {
    for (const [index, counter] of this.#counters.entries()) {
      const state = counters[index];
      if (state !== undefined) counter.restoreState(state);
    }
    this.#outputEnabled = disabled === 0;
    if (nextChange < 0n || !this.#outputEnabled) return this.#change.cancel();
    this.#nextChange = Number(nextChange);
    return this.#change.arm(this.#nextChange as VirtualTime);
  }

  #drive(time: number): void {
    if (!this.#outputEnabled) return;
    const level = this.#counters[0].outputAt(time);
    this.#wait(time);
    this.#output.set(level);
  }

  #wait(time: number): void {
    const next = this.#counters[0].nextChange(time);
    if (next === undefined) {
      this.#change.cancel();
      return;
    }
    this.#nextChange = next;
    this.#change.arm(next as VirtualTime);
  }

  #command(value: number): void {
    const selected = value >> 6;
    if (selected !== READ_BACK) {
      this.#counters[selected]?.command(value);
      return;
    }
    for (const [index, counter] of this.#counters.entries()) {
      if ((value & (2 << index)) === 0) continue;
      if ((value & 0x20) === 0) counter.latch();
      if ((value & 0x10) === 0) counter.latchStatus();
    }
  }
}
