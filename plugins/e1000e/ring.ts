// Descriptor rings: 82574 Datasheet §7.1.7 (receive) and §7.2.10 (transmit).
import { R } from "./registers.ts";

const UNIT = 16;

/** A ring in memory, described by registers; a descriptor is one or more units of sixteen bytes. */
export class Ring {
  readonly #registers: Uint32Array;
  readonly #base: number;

  /** `base` is the register of the low half of its address; the others lie behind it in one order for all rings. */
  constructor(registers: Uint32Array, base: number) {
    this.#registers = registers;
    this.#base = base;
  }

  get isEnabled(): boolean {
    return this.length > 0;
  }

  /** In bytes. */
  get length(): number {
    return this.#at(R.RDLEN0 - R.RDBAL0);
  }

  /** There is nothing between head and tail, or the tail lies outside. */
  get isEmpty(): boolean {
    return this.#head === this.#tail || this.#tail >= Math.floor(this.length / UNIT);
  }

  /** Units between head and tail. */
  get available(): number {
    const ahead = this.#tail - this.#head;
    return ahead >= 0 ? ahead : Math.floor(this.length / UNIT) + ahead;
  }

  /** Of the descriptor at the head. */
  get address(): number {
    return this.#at(R.RDBAH0 - R.RDBAL0) * 2 ** 32 + this.#at(0) + UNIT * this.#head;
  }

  advance(units: number): void {
    const head = this.#head + units;
    this.#registers[this.#base + (R.RDH0 - R.RDBAL0)] = head * UNIT >= this.length ? 0 : head;
  }

  get #head(): number {
    return this.#at(R.RDH0 - R.RDBAL0);
  }

  get #tail(): number {
    return this.#at(R.RDT0 - R.RDBAL0);
  }

  #at(offset: number): number {
    return this.#registers[this.#base + offset] ?? 0;
  }
}
