// Programmable interval timer: Intel 8254 datasheet (231164). Counters follow the virtual clock; what is read is computed
// from the time since the count was written. Output edges raise no interrupt 0 yet: no processor would take it.
import { byteLength, type Clock, type MemoryRegion, type MemoryRegions } from "backplane";

const FREQUENCY = 1193182;
const NANOSECONDS = 1e9;
const CONTROL = 3;
const READ_BACK = 3;

type Access = "low" | "high" | "word";
const ACCESSES: readonly (Access | undefined)[] = [undefined, "low", "high", "word"];

class Counter {
  #clock: Clock;
  #count = 0x10000;
  #start = 0;
  #mode = 3;
  #access: Access = "word";
  #lowWritten: number | undefined;
  #highNext = false;
  #latched: number | undefined;
  #status: number | undefined;
  gate: boolean;

  constructor(clock: Clock, gate: boolean) {
    this.#clock = clock;
    this.gate = gate;
  }

  reset(): void {
    this.#mode = 3;
    this.#access = "word";
    this.#load(0);
    this.#lowWritten = undefined;
    this.#highNext = false;
    this.#latched = undefined;
    this.#status = undefined;
  }

  command(value: number): void {
    const access = ACCESSES[(value >> 4) & 3];
    if (access === undefined) {
      this.latch();
      return;
    }
    this.#access = access;
    this.#mode = Math.min((value >> 1) & 7, 7) % 6;
    this.#lowWritten = undefined;
    this.#highNext = false;
  }

  latch(): void {
    this.#latched ??= this.#value;
  }

  latchStatus(): void {
    const access = { low: 1, high: 2, word: 3 }[this.#access];
    this.#status ??= (this.output ? 0x80 : 0) | (access << 4) | (this.#mode << 1);
  }

  write(value: number): void {
    if (this.#access === "low") this.#load(value);
    else if (this.#access === "high") this.#load(value << 8);
    else if (this.#lowWritten === undefined) this.#lowWritten = value;
    else {
      this.#load(this.#lowWritten | (value << 8));
      this.#lowWritten = undefined;
    }
  }

  read(): number {
    const status = this.#status;
    this.#status = undefined;
    if (status !== undefined) return status;
    const value = this.#latched ?? this.#value;
    const high = this.#access === "high" || (this.#access === "word" && this.#highNext);
    if (this.#access === "word") this.#highNext = !this.#highNext;
    if (this.#access !== "word" || high) this.#latched = undefined;
    return (high ? value >> 8 : value) & 0xff;
  }

  get output(): boolean {
    const ticks = this.#ticks;
    switch (this.#mode) {
      case 0:
        return ticks >= this.#count;
      case 2:
        return ticks === 0 || ticks % this.#count !== this.#count - 1;
      case 3:
        return ticks % this.#count < (this.#count + 1) >> 1;
      default:
        return ticks !== this.#count;
    }
  }

  get #ticks(): number {
    return Math.floor(((this.#clock.now - this.#start) * FREQUENCY) / NANOSECONDS);
  }

  get #value(): number {
    const ticks = this.#ticks;
    if (this.#mode === 2) return this.#count - (ticks % this.#count);
    if (this.#mode === 3) return this.#count - ((2 * ticks) % this.#count);
    return (((this.#count - ticks) % 0x10000) + 0x10000) % 0x10000;
  }

  #load(count: number): void {
    this.#count = count === 0 ? 0x10000 : count;
    this.#start = this.#clock.now;
  }
}

export class IntervalTimer {
  readonly region: MemoryRegion;
  readonly #counters: readonly [Counter, Counter, Counter];

  constructor(regions: MemoryRegions, clock: Clock) {
    this.#counters = [new Counter(clock, true), new Counter(clock, true), new Counter(clock, false)];
    this.region = regions.io("pit", byteLength(4), {
      impl: { min: 1, max: 1 },
      // The control register cannot be read.
      read: (offset) => (offset === CONTROL ? 0 : (this.#counters[offset]?.read() ?? 0)),
      write: (offset, value) => (offset === CONTROL ? this.#command(value) : this.#counters[offset]?.write(value)),
    });
  }

  reset(): void {
    for (const counter of this.#counters) counter.reset();
  }

  /** Counter 2, which the speaker listens to. */
  get speakerOutput(): boolean {
    return this.#counters[2].output;
  }

  setSpeakerGate(gate: boolean): void {
    this.#counters[2].gate = gate;
  }

  get speakerGate(): boolean {
    return this.#counters[2].gate;
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
