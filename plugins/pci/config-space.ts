import type { PciConfigSpace } from "./contract.ts";

/** Values, and per bit whether the guest may write it or clears it by writing one. Everything is little-endian. */
export class ConfigSpace implements PciConfigSpace {
  readonly size: number;
  readonly #values: DataView;
  readonly #writable: DataView;
  readonly #clearable: DataView;

  constructor(size: number) {
    this.size = size;
    this.#values = new DataView(new ArrayBuffer(size));
    this.#writable = new DataView(new ArrayBuffer(size));
    this.#clearable = new DataView(new ArrayBuffer(size));
  }

  get8(offset: number): number {
    return this.#values.getUint8(offset);
  }

  get16(offset: number): number {
    return this.#values.getUint16(offset, true);
  }

  get32(offset: number): number {
    return this.#values.getUint32(offset, true);
  }

  set8(offset: number, value: number): void {
    this.#values.setUint8(offset, value);
  }

  set16(offset: number, value: number): void {
    this.#values.setUint16(offset, value, true);
  }

  set32(offset: number, value: number): void {
    this.#values.setUint32(offset, value, true);
  }

  setWritable(offset: number, size: 1 | 2 | 4, mask: number): void {
    store(this.#writable, offset, size, mask);
  }

  writable(offset: number, size: 1 | 2 | 4): number {
    return load(this.#writable, offset, size);
  }

  setClearable(offset: number, size: 1 | 2 | 4, mask: number): void {
    store(this.#clearable, offset, size, mask);
  }

  /** Makes a range all writable, or all read-only. */
  fillWritable(offset: number, length: number, writable: boolean): void {
    for (let at = offset; at < offset + length; at++) {
      this.#writable.setUint8(at, writable ? 0xff : 0);
      this.#clearable.setUint8(at, 0);
    }
  }

  /** The guest's read. */
  read(offset: number, size: 1 | 2 | 4): number {
    return load(this.#values, offset, size);
  }

  /** The guest's write: only what is writable changes. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let index = 0; index < size; index++) {
      const at = offset + index;
      const byte = (value >>> (8 * index)) & 0xff;
      const mask = this.#writable.getUint8(at);
      const kept = (this.#values.getUint8(at) & ~mask) | (byte & mask);
      this.#values.setUint8(at, kept & ~(byte & this.#clearable.getUint8(at)));
    }
  }

  /** Back to zero, in 16 bits, what the guest could have changed. */
  clearWritten16(offset: number): void {
    const touched = this.#writable.getUint16(offset, true) | this.#clearable.getUint16(offset, true);
    this.set16(offset, this.get16(offset) & ~touched);
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#values.buffer.slice(0));
  }

  /** The masks as they are, for whoever compares. */
  get masks(): { readonly writable: Uint8Array; readonly clearable: Uint8Array } {
    return { writable: new Uint8Array(this.#writable.buffer), clearable: new Uint8Array(this.#clearable.buffer) };
  }

  /** All values at once, those that nobody can write included: a migration has brought them. */
  replace(bytes: Uint8Array): void {
    new Uint8Array(this.#values.buffer).set(bytes.subarray(0, this.size));
  }
}

function load(view: DataView, offset: number, size: 1 | 2 | 4): number {
  if (size === 1) return view.getUint8(offset);
  return size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
}

function store(view: DataView, offset: number, size: 1 | 2 | 4, value: number): void {
  if (size === 1) view.setUint8(offset, value);
  else if (size === 2) view.setUint16(offset, value, true);
  else view.setUint32(offset, value, true);
}
