import type { ByteLength } from "./address.ts";
import type { Disposable } from "../disposable.ts";

/**
 * The bytes behind a RAM block. Sparse by construction: a chunk that was never written costs nothing and is known to
 * be zero without being read. Offsets are in bytes from the start; a range that leaves `length` is refused with
 * `HOST_MEMORY_RANGE`. Reads and writes of up to 8 bytes allocate nothing.
 */
export interface HostMemory extends Disposable {
  readonly length: ByteLength;
  /** True where another process that maps the same file sees the writes. */
  readonly shared: boolean;
  /** The host's page, where it is no usual one. */
  readonly pageSize?: ByteLength;
  read(offset: number, into: Uint8Array): void;
  write(offset: number, from: Uint8Array): void;
  fill(offset: number, length: number, value: number): void;
  /** Little-endian, `size` 1, 2 or 4. */
  readUint(offset: number, size: 1 | 2 | 4): number;
  writeUint(offset: number, size: 1 | 2 | 4, value: number): void;
  /**
   * The bytes themselves, for transfers without a copy: appends views that together are the range. For `write` they exist
   * afterwards, as if they had been written; for `read` nobody may write through them (a chunk that is zero is everybody's).
   * They are good until the range is discarded or filled with zeros, or the memory disposed. Who writes through them marks the block dirty.
   */
  borrow(offset: number, length: number, direction: "read" | "write", into: Uint8Array[]): void;
  /**
   * Keeps borrowed views good until disposed, even when the memory is disposed meanwhile: a transfer is under way. Absent
   * where views keep their bytes by themselves.
   */
  hold?(): Disposable;
  /**
   * True when the range is zero and that is known from the chunk table alone, without reading bytes.
   * False means "not known": the bytes may still all be zero.
   */
  isKnownZero(offset: number, length: number): boolean;
  /** The first offset ≥ `from` (and < `to`) whose chunk may hold bytes that are not zero; `to` when there is none. */
  nextResident(from: number, to: number): number;
  /** Makes the range zero and gives its memory back. */
  discard(offset: number, length: number): void;
  /** Bytes that the host really holds for this memory. */
  residentBytes(): number;
  /**
   * Writes a range back to a backing file, where there is one and the mapping is shared, and waits for it; by default all.
   * Throws a `HostCallError` when the host could not.
   */
  flush(offset?: number, length?: number): void;
}

/** Where a host-virtual address would be: unique per machine, stable, only ever printed and compared. */
export type HostAddress = number & { readonly hostAddress: unique symbol };
