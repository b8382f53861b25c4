import type { ByteLength } from "./address.ts";
import { CHUNK_MASK, CHUNK_SIZE, ChunkTable } from "./chunk-table.ts";
import { memoryErrors } from "./errors.ts";
import type { HostMemory } from "./host-memory.ts";
import { isZero } from "./zero.ts";

/** Stands in the table for a chunk that is known to be zero although its backing is not. Never written. */
export const ZERO_CHUNK = new Uint8Array(CHUNK_SIZE);

/** Memory in this process, in chunks that come into being when something other than zero is written. */
export abstract class ChunkedMemory implements HostMemory {
  readonly length: ByteLength;
  readonly shared: boolean = false;
  protected readonly chunks = new ChunkTable();
  /** Accesses must end here: the length, and 0 once disposed, so that one comparison checks both. */
  #limit: number;

  constructor(length: ByteLength) {
    this.length = length;
    this.#limit = length;
  }

  /** The bytes of a chunk that is not in the table, for reading: `ZERO_CHUNK`, or what the backing holds (then kept in the table). */
  protected abstract fault(index: number): Uint8Array;
  /** Reads part of a chunk that is not in the table, without keeping it. */
  protected abstract readAbsent(offset: number, into: Uint8Array): void;
  /** The first chunk ≥ `from` and < `to` that is not in the table and yet may hold bytes that are not zero; or `to`. */
  protected abstract nextAbsentUnknown(from: number, to: number): number;
  /** Makes a whole chunk read as zero and drops its memory. */
  protected abstract makeZero(index: number): void;

  read(offset: number, into: Uint8Array): void {
    this.#check(offset, into.length);
    for (let done = 0; done < into.length;) {
      const within = (offset + done) & CHUNK_MASK;
      const size = Math.min(CHUNK_SIZE - within, into.length - done);
      const index = Math.floor((offset + done) / CHUNK_SIZE);
      // A small read comes again nearby, and must not allocate a view.
      const chunk = this.chunks.get(index) ?? (size <= 8 ? this.fault(index) : undefined);
      if (chunk === undefined) this.readAbsent(offset + done, into.subarray(done, done + size));
      else if (size <= 8) for (let i = 0; i < size; i++) into[done + i] = chunk[within + i] ?? 0;
      else into.set(chunk.subarray(within, within + size), done);
      done += size;
    }
  }

  write(offset: number, from: Uint8Array): void {
    this.#check(offset, from.length);
    for (let done = 0; done < from.length;) {
      const within = (offset + done) & CHUNK_MASK;
      const size = Math.min(CHUNK_SIZE - within, from.length - done);
      const index = Math.floor((offset + done) / CHUNK_SIZE);
      this.#writeChunk(index, within, size === from.length ? from : from.subarray(done, done + size));
      done += size;
    }
  }

  fill(offset: number, length: number, value: number): void {
    this.#check(offset, length);
    for (let done = 0; done < length;) {
      const within = (offset + done) & CHUNK_MASK;
      const size = Math.min(CHUNK_SIZE - within, length - done);
      const index = Math.floor((offset + done) / CHUNK_SIZE);
      if ((value & 0xff) !== 0) this.#writable(index).fill(value, within, within + size);
      else if (size === CHUNK_SIZE) this.makeZero(index);
      else if (this.#readable(index) !== ZERO_CHUNK) this.#writable(index).fill(0, within, within + size);
      done += size;
    }
  }

  readUint(offset: number, size: 1 | 2 | 4): number {
    this.#check(offset, size);
    const index = Math.floor(offset / CHUNK_SIZE);
    const chunk = this.chunks.get(index) ?? this.fault(index);
    const at = offset & CHUNK_MASK;
    if (size === 1) return chunk[at] ?? 0;
    if (at + size > CHUNK_SIZE) return this.#readUintAcross(offset, size);
    if (size === 2) return (chunk[at] ?? 0) | ((chunk[at + 1] ?? 0) << 8);
    return (
      ((chunk[at] ?? 0) | ((chunk[at + 1] ?? 0) << 8) | ((chunk[at + 2] ?? 0) << 16) | ((chunk[at + 3] ?? 0) << 24)) >>>
      0
    );
  }

  writeUint(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#check(offset, size);
    const at = offset & CHUNK_MASK;
    if (at + size > CHUNK_SIZE) {
      for (let i = 0; i < size; i++) this.writeUint(offset + i, 1, (value >>> (8 * i)) & 0xff);
      return;
    }
    const index = Math.floor(offset / CHUNK_SIZE);
    const chunk = this.chunks.get(index) ?? this.fault(index);
    if (chunk === ZERO_CHUNK && value === 0) return;
    const bytes = chunk === ZERO_CHUNK ? this.#writable(index) : chunk;
    bytes[at] = value;
    if (size === 1) return;
    bytes[at + 1] = value >>> 8;
    if (size === 2) return;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  borrow(offset: number, length: number, direction: "read" | "write", into: Uint8Array[]): void {
    this.#check(offset, length);
    for (let done = 0; done < length;) {
      const within = (offset + done) & CHUNK_MASK;
      const size = Math.min(CHUNK_SIZE - within, length - done);
      const index = Math.floor((offset + done) / CHUNK_SIZE);
      const chunk = direction === "write" ? this.#writable(index) : this.#readable(index);
      into.push(chunk.subarray(within, within + size));
      done += size;
    }
  }

  isKnownZero(offset: number, length: number): boolean {
    this.#check(offset, length);
    return this.nextResident(offset, offset + length) === offset + length;
  }

  nextResident(from: number, to: number): number {
    this.#check(from, Math.max(to - from, 0));
    const end = Math.ceil(to / CHUNK_SIZE);
    for (let index = Math.floor(from / CHUNK_SIZE); index < end; index++) {
      const present = this.chunks.next(index, end);
      index = Math.min(present, this.nextAbsentUnknown(index, present));
      if (index >= end) break;
      if (this.chunks.get(index) !== ZERO_CHUNK) return Math.max(from, index * CHUNK_SIZE);
    }
    return to;
  }

  discard(offset: number, length: number): void {
    this.fill(offset, length, 0);
    // Discards come page by page: a chunk whose last page goes is given back whole.
    const first = Math.floor(offset / CHUNK_SIZE);
    const last = Math.floor((offset + length - 1) / CHUNK_SIZE);
    for (const index of first === last ? [first] : [first, last]) {
      const chunk = this.chunks.get(index);
      if (length > 0 && chunk !== undefined && chunk !== ZERO_CHUNK && isZero(chunk)) this.makeZero(index);
    }
  }

  residentBytes(): number {
    let bytes = 0;
    for (const chunk of this.chunks.entries()) if (chunk !== ZERO_CHUNK) bytes += chunk.length;
    return bytes;
  }

  flush(): void {
    // Nobody else sees this memory: there is nothing to write back.
  }

  dispose(): void {
    this.#limit = 0;
    this.chunks.clear();
  }

  #writeChunk(index: number, within: number, from: Uint8Array): void {
    if (this.#readableForWrite(index, from.length) === ZERO_CHUNK && isZero(from)) return;
    const chunk = this.#writable(index);
    if (from.length <= 8) for (let i = 0; i < from.length; i++) chunk[within + i] = from[i] ?? 0;
    else chunk.set(from, within);
  }

  /** Like `#readable`, but does not load a chunk that will be overwritten whole. */
  #readableForWrite(index: number, size: number): Uint8Array {
    const chunk = this.chunks.get(index);
    if (chunk !== undefined || size < CHUNK_SIZE) return chunk ?? this.fault(index);
    this.makeZero(index);
    return ZERO_CHUNK;
  }

  #readable(index: number): Uint8Array {
    return this.chunks.get(index) ?? this.fault(index);
  }

  #writable(index: number): Uint8Array {
    let chunk = this.#readable(index);
    if (chunk === ZERO_CHUNK) {
      chunk = new Uint8Array(CHUNK_SIZE);
      this.chunks.set(index, chunk);
    }
    return chunk;
  }

  #readUintAcross(offset: number, size: number): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | this.readUint(offset + i, 1);
    return value >>> 0;
  }

  #check(offset: number, size: number): void {
    if (!(offset >= 0 && offset + size <= this.#limit)) throw memoryErrors.HOST_MEMORY_RANGE(offset, size, this.#limit);
  }
}
