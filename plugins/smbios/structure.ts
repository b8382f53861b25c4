const HEADER_LENGTH = 4;

/**
 * A structure as DMTF DSP0134 (2.8.0) §6.1 has it: header and formatted area, then the strings that fields of the area
 * count from 1, then a NUL more.
 */
export class Structure {
  readonly #type: number;
  readonly #handle: number;
  readonly #area: number[] = [];
  readonly #strings: Buffer[] = [];

  constructor(type: number, handle: number) {
    this.#type = type;
    this.#handle = handle;
  }

  u8(value: number): this {
    return this.#little(BigInt(value), 1);
  }

  u16(value: number): this {
    return this.#little(BigInt(value), 2);
  }

  u32(value: number): this {
    return this.#little(BigInt(value), 4);
  }

  u64(value: number | bigint): this {
    return this.#little(BigInt(value), 8);
  }

  bytes(bytes: Uint8Array): this {
    this.#area.push(...bytes);
    return this;
  }

  zeros(length: number): this {
    return this.bytes(new Uint8Array(length));
  }

  /** A field that refers to a string; 0 where there is none. */
  text(value: string | undefined): this {
    return this.u8(this.addString(value));
  }

  /** Adds a string without a field, and returns its number. */
  addString(value: string | undefined): number {
    if (value === undefined || value === "") return 0;
    this.#strings.push(Buffer.from(`${value}\0`));
    return this.#strings.length;
  }

  finish(): Uint8Array {
    const header = Buffer.alloc(HEADER_LENGTH);
    header.writeUInt8(this.#type, 0);
    header.writeUInt8(HEADER_LENGTH + this.#area.length, 1);
    header.writeUInt16LE(this.#handle, 2);
    const end = Buffer.alloc(this.#strings.length === 0 ? 2 : 1);
    return Buffer.concat([header, Uint8Array.from(this.#area), ...this.#strings, end]);
  }

  #little(value: bigint, length: number): this {
    for (let byte = 0; byte < length; byte++) this.#area.push(Number((value >> BigInt(8 * byte)) & 0xffn));
    return this;
  }
}
