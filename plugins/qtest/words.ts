import type { VerbArguments } from "./contract.ts";

const SPACE = 0x20;
const TWO_32 = 2 ** 32;

/** What a character is worth as a digit; 255 when it is none. */
const DIGITS = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 10; digit++) DIGITS[0x30 + digit] = digit;
for (let digit = 10; digit < 36; digit++) {
  DIGITS[0x41 + digit - 10] = digit;
  DIGITS[0x61 + digit - 10] = digit;
}

/** A digit of base 16; 255 when the character is none. */
export const hexDigit = (character: number): number => {
  const digit = DIGITS[character] ?? 255;
  return digit < 16 ? digit : 255;
};

/**
 * A line as words that stand between single spaces. One object reads all lines, and a number is left in two halves,
 * so that an access of a register costs no memory.
 */
export class Words implements VerbArguments {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** The halves of the number that was read last. */
  high = 0;
  low = 0;

  load(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Moves behind the next word, and returns where that ends; -1 when there is none. */
  #next(): number {
    if (this.#at > this.#end) return -1;
    const found = this.#bytes.indexOf(SPACE, this.#at);
    const end = found < 0 || found > this.#end ? this.#end : found;
    this.#at = end + 1;
    return end;
  }

  get isAtEnd(): boolean {
    return this.#at > this.#end;
  }

  text(): string | undefined {
    const start = this.#at;
    const end = this.#next();
    return end < 0 ? undefined : this.#bytes.toString("latin1", start, end);
  }

  /** The next word's bytes, for data too long for a string. */
  raw(): Buffer | undefined {
    const start = this.#at;
    const end = this.#next();
    return end < 0 ? undefined : this.#bytes.subarray(start, end);
  }

  number(): bigint | undefined {
    return this.read() ? (BigInt(this.high) << 32n) | BigInt(this.low) : undefined;
  }

  /** Reads a number into `high` and `low`: ISO C `strtoull` with base 0, of the whole word. */
  read(): boolean {
    let at = this.#at;
    const end = this.#next();
    const bytes = this.#bytes;
    while (at < end && isBlank(bytes[at])) at++;
    const isNegative = bytes[at] === 0x2d;
    if (isNegative || bytes[at] === 0x2b) at++;
    let base = 10;
    if (bytes[at] === 0x30 && end - at > 1) {
      const hexadecimal = ((bytes[at + 1] ?? 0) | 0x20) === 0x78;
      base = hexadecimal ? 16 : 8;
      at += hexadecimal ? 2 : 1;
    }
    if (at >= end) return false;
    let high = 0;
    let low = 0;
    for (; at < end; at++) {
      const digit = DIGITS[bytes[at] ?? 0] ?? 255;
      if (digit >= base) return false;
      const sum = low * base + digit;
      const carry = Math.floor(sum / TWO_32);
      low = sum - carry * TWO_32;
      high = high * base + carry;
      if (high >= TWO_32) return false;
    }
    this.low = isNegative ? -low >>> 0 : low;
    this.high = isNegative ? (low === 0 ? -high : ~high) >>> 0 : high;
    return true;
  }

  /** Whether the number that was read, as a signed one, is negative. */
  get isNegative(): boolean {
    return this.high >= 0x8000_0000;
  }

  /** The number that was read; not exact above 2^53. */
  get value(): number {
    return this.high * TWO_32 + this.low;
  }
}

function isBlank(character: number | undefined): boolean {
  return character === SPACE || (character !== undefined && character >= 0x09 && character <= 0x0d);
}
