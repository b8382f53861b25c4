// Real-time clock with 128 bytes of battery-backed memory: Motorola MC146818A datasheet; century as in PC/AT practice.
import { byteLength, guestAddress, type Clock, type MemoryRegion, type MemoryRegions } from "backplane";
import type { Cmos } from "./contract.ts";

const AT = {
  seconds: 0x00,
  minutes: 0x02,
  hours: 0x04,
  weekday: 0x06,
  day: 0x07,
  month: 0x08,
  year: 0x09,
  a: 0x0a,
  b: 0x0b,
  c: 0x0c,
  d: 0x0d,
  century: 0x32,
  ps2Century: 0x37,
} as const;

const A_DEFAULT = 0x26;
const A_UPDATING = 0x80;
const B = { set: 0x80, binary: 0x04, hours24: 0x02, squareWave: 0x08, interrupts: 0x70 } as const;
const D_VALID = 0x80;
/** The time registers are in flux for this long before each second (§"update cycle"). */
const UPDATE_NS = 244_000;
const SECOND_NS = 1e9;

export class RealTimeClock implements Cmos {
  readonly region: MemoryRegion;
  readonly #clock: Clock;
  readonly #memory = new Uint8Array(128);
  #index = 0;
  /** What the clock showed at virtual time zero, in milliseconds since 1970. */
  #base: number;

  constructor(regions: MemoryRegions, clock: Clock, base: Date) {
    this.#clock = clock;
    this.#base = base.getTime();
    this.#memory[AT.a] = A_DEFAULT;
    this.#memory[AT.b] = B.hours24;
    this.#memory[AT.d] = D_VALID;
    this.region = regions.io("rtc", byteLength(2), {
      impl: { min: 1, max: 1 },
      read: (offset) => (offset === 0 ? 0xff : this.get(this.#index)),
      write: (offset, value) => (offset === 0 ? this.#select(value) : this.#write(this.#index, value)),
    });
    const index = regions.io("rtc-index", byteLength(1), {
      impl: { min: 1, max: 1 },
      read: () => 0xff,
      write: (_offset, value) => this.#select(value),
    });
    this.region.addSubregion(guestAddress(0), index);
  }

  reset(): void {
    this.#memory[AT.b] = (this.#memory[AT.b] ?? 0) & ~(B.interrupts | B.squareWave);
    this.#memory[AT.c] = 0;
  }

  get(index: number): number {
    const time = this.#timeRegister(index);
    if (time !== undefined) return time;
    const value = this.#memory[index] ?? 0;
    if (index === AT.a) return this.#isUpdating ? value | A_UPDATING : value;
    // Reading the flags clears them.
    if (index === AT.c) this.#memory[AT.c] = 0;
    return value;
  }

  set(index: number, value: number): void {
    this.#memory[index] = value;
  }

  #select(value: number): void {
    // The top bit masks non-maskable interrupts.
    this.#index = value & 0x7f;
  }

  #write(index: number, value: number): void {
    switch (index) {
      case AT.a:
        this.#memory[index] = value & ~A_UPDATING & 0xff;
        return;
      case AT.c:
      case AT.d:
        return;
      default:
        if (this.#timeRegister(index) === undefined) this.#memory[index] = value;
        else this.#setTime(index, value);
    }
  }

  get #isUpdating(): boolean {
    return SECOND_NS - (this.#clock.now % SECOND_NS) <= UPDATE_NS;
  }

  get #now(): Date {
    return new Date(this.#base + Math.floor(this.#clock.now / 1e6));
  }

  #timeRegister(index: number): number | undefined {
    const now = this.#now;
    switch (index) {
      case AT.seconds:
        return this.#encode(now.getUTCSeconds());
      case AT.minutes:
        return this.#encode(now.getUTCMinutes());
      case AT.hours:
        return this.#encodeHours(now.getUTCHours());
      case AT.weekday:
        return this.#encode(now.getUTCDay() + 1);
      case AT.day:
        return this.#encode(now.getUTCDate());
      case AT.month:
        return this.#encode(now.getUTCMonth() + 1);
      case AT.year:
        return this.#encode(now.getUTCFullYear() % 100);
      case AT.century:
      case AT.ps2Century:
        return this.#encode(Math.floor(now.getUTCFullYear() / 100));
      default:
        return undefined;
    }
  }

  #setTime(index: number, value: number): void {
    const now = this.#now;
    const number = this.#decode(value);
    switch (index) {
      case AT.seconds:
        now.setUTCSeconds(number);
        break;
      case AT.minutes:
        now.setUTCMinutes(number);
        break;
      case AT.hours:
        now.setUTCHours(this.#decodeHours(value));
        break;
      case AT.weekday:
        // Follows from the date.
        return;
      case AT.day:
        now.setUTCDate(number);
        break;
      case AT.month:
        now.setUTCMonth(number - 1);
        break;
      case AT.year:
        now.setUTCFullYear(Math.floor(now.getUTCFullYear() / 100) * 100 + number);
        break;
      default:
        now.setUTCFullYear(number * 100 + (now.getUTCFullYear() % 100));
    }
    this.#base += now.getTime() - this.#now.getTime();
  }

  get #control(): number {
    return this.#memory[AT.b] ?? 0;
  }

  #encode(value: number): number {
    return (this.#control & B.binary) === 0 ? Math.floor(value / 10) * 16 + (value % 10) : value;
  }

  #decode(value: number): number {
    return (this.#control & B.binary) === 0 ? (value >> 4) * 10 + (value & 0xf) : value;
  }

  #encodeHours(hours: number): number {
    if ((this.#control & B.hours24) !== 0) return this.#encode(hours);
    return this.#encode(hours % 12 === 0 ? 12 : hours % 12) | (hours >= 12 ? 0x80 : 0);
  }

  #decodeHours(value: number): number {
    if ((this.#control & B.hours24) !== 0) return this.#decode(value);
    return (this.#decode(value & 0x7f) % 12) + ((value & 0x80) === 0 ? 0 : 12);
  }
}
