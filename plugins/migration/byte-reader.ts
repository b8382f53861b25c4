import { migrationErrors } from "./errors.ts";

/** Reads big-endian values from bytes that came from outside: every step is checked, errors name the offset. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #isWhole: boolean;
  #offset: number;

  /** `isWhole` is false for the beginning of what has not all come: then its end is never taken for the stream's. */
  constructor(bytes: Uint8Array, offset = 0, isWhole = true) {
    this.#isWhole = isWhole;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get rest(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next byte, not taken; undefined at the end. */
  peek(): number | undefined {
    if (this.rest === 0) this.missing(1);
    return this.#bytes[this.#offset];
  }

  /** The same bytes from here on, read independently. */
  ahead(): ByteReader {
    return new ByteReader(this.#bytes, this.#offset, this.#isWhole);
  }

  /** So many bytes are not there: nothing where they never will be. */
  missing(wanted: number): void {
    if (!this.#isWhole) throw migrationErrors.STREAM_SHORT(this.#offset, wanted, this.rest);
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  /** A 64-bit value that must be exact as a number. */
  length(): number {
    const at = this.#offset;
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw migrationErrors.STREAM_MALFORMED(at, `${value} is too large`);
    return Number(value);
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString("latin1", at, at + length);
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length < 0 || length > this.rest) throw migrationErrors.STREAM_SHORT(at, length, this.rest);
    this.#offset = at + length;
    return at;
  }
}
