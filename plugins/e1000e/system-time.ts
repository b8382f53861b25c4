// The clock for time stamps: 82574 Datasheet §7.9.3 (adjustment), §10.2.10 (registers). Frames are not stamped.
import type { Clock } from "backplane";
import { R } from "./registers.ts";

const PERIOD_SHIFT = 24;
const VALUE_MASK = 0x00ff_ffff;
/** The increment counts sixteenths of a nanosecond's tick. */
const FRACTION = 16n;

export class SystemTime {
  readonly #registers: Uint32Array;
  readonly #clock: Clock;
  #offset = 0n;

  constructor(registers: Uint32Array, clock: Clock) {
    this.#registers = registers;
    this.#clock = clock;
  }

  /** What the time is ahead of the machine's. */
  get offset(): bigint {
    return BigInt.asIntN(64, this.#offset);
  }

  set offset(value: bigint) {
    this.#offset = value;
  }

  /** Reading the low half latches both. */
  read(): number {
    const { value, period } = increment(this.#registers[R.TIMINCA] ?? 0);
    const time = BigInt.asUintN(64, this.#offset + (this.#now() * value) / (period * FRACTION));
    this.#registers[R.SYSTIMH] = Number(time >> 32n);
    return (this.#registers[R.SYSTIML] = Number(time & 0xffff_ffffn));
  }

  /** Time goes on from where it is, at the new pace. */
  setIncrement(written: number): void {
    const before = increment(this.#registers[R.TIMINCA] ?? 0);
    const after = increment(written);
    this.#registers[R.TIMINCA] = written;
    const now = this.#now();
    const change = (now * after.value) / after.period - (now * before.value) / before.period;
    // As on the peer: a slower pace makes the difference a large number, not a negative one.
    this.#offset += BigInt.asUintN(64, change) / FRACTION;
  }

  adjust(high: number): void {
    this.#registers[R.TIMADJH] = high;
    this.#offset += BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(this.#registers[R.TIMADJL] ?? 0));
  }

  #now(): bigint {
    return BigInt(Math.floor(this.#clock.now));
  }
}

function increment(register: number): { readonly value: bigint; readonly period: bigint } {
  return { value: BigInt(register & VALUE_MASK), period: BigInt(Math.max(register >>> PERIOD_SHIFT, 1)) };
}
