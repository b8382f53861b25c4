const INITIAL_CAPACITY = 256;
const TWO_TO_32 = 0x1_0000_0000;

/**
 * Appends little-endian integers and byte strings, as every ACPI table is laid out (ACPI 6.5 §5.2.1). An integer that
 * does not fit its field is the caller's mistake and throws; only `u64` may lose precision, above 2^53, and refuses to.
 */
export class TableWriter {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    return this.#integer(value, 1);
  }

  u16(value: number): this {
    return this.#integer(value, 2);
  }

  u32(value: number): this {
    return this.#integer(value, 4);
  }

  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an exact 64-bit field`);
    return this.u32(value % TWO_TO_32).u32(Math.floor(value / TWO_TO_32));
  }

  /** Bytes whose value is fixed at zero, by the specification or by us. */
  zeros(count: number): this {
    this.#reserve(count);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Text in a field of fixed width: cut when longer, followed by NUL bytes when shorter. */
  text(text: string, width: number): this {
    const encoded = Buffer.from(text, "utf8").subarray(0, width);
    return this.bytes(encoded).zeros(width - encoded.length);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #integer(value: number, width: 1 | 2 | 4): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      throw new RangeError(`${value} does not fit a field of ${width} bytes`);
    }
    const at = this.#reserve(width);
    for (let i = 0; i < width; i++) this.#bytes[at + i] = value >>> (8 * i);
    return this;
  }

  /** Makes room for `count` zero bytes and returns where they begin. */
  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length = needed;
    return at;
  }
}
