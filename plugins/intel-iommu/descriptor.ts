// A descriptor of the invalidation queue, 128 or 256 bits: VT-d specification 4.1 §6.5.2.
import { type GuestTables, pageOf } from "./guest-tables.ts";

export class Descriptor {
  readonly #tables: GuestTables;
  /** Its first four words of 32 bits. */
  low = 0;
  high = 0;
  third = 0;
  fourth = 0;
  /** Whether the upper half of a wide one is zero, as it is reserved in all of them. */
  #isUpperClear = true;

  constructor(tables: GuestTables) {
    this.#tables = tables;
  }

  read(at: number, isWide: boolean): boolean {
    const tables = this.#tables;
    if (!tables.read(at)) return false;
    this.low = tables.low;
    this.high = tables.high;
    if (!tables.read(at + 8)) return false;
    this.third = tables.low;
    this.fourth = tables.high;
    this.#isUpperClear = true;
    const length = isWide ? 32 : 16;
    for (let rest = 16; rest < length; rest += 8) {
      if (!tables.read(at + rest)) return false;
      if (tables.low !== 0 || tables.high !== 0) this.#isUpperClear = false;
    }
    return true;
  }

  /** Whether these bits, which are reserved, are zero. */
  isClear(low: number, high: number, third: number, fourth: number): boolean {
    return (
      this.#isUpperClear &&
      ((this.low & low) | (this.high & high) | (this.third & third) | (this.fourth & fourth)) === 0
    );
  }

  get type(): number {
    return (this.low & 0xf) | ((this.low >>> 5) & 0x70);
  }

  get granularity(): number {
    return (this.low >>> 4) & 3;
  }

  get domain(): number {
    return (this.low >>> 16) & 0xffff;
  }

  get address(): number {
    return pageOf(this.third, this.fourth);
  }

  get mask(): number {
    return this.third & 0x3f;
  }
}
