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
  read(offset: number, into: Uint8Array): void;
  write(offset: number, from: Uint8Array): void;
  fill(offset: number, length: number, value: number): void;
  /** Little-endian, `size` 1, 2 or 4. */
  readUint(offset: number, size: 1 | 2 | 4): number;
  writeUint(offset: number, size: 1 | 2 | 4, value: number): void;
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
  /** Writes back to a backing file, where there is one and the mapping is shared. */
  flush(): void;
}

/** Where a host-virtual address would be: unique per machine, stable, only ever printed and compared. */
export type HostAddress = number & { readonly hostAddress: unique symbol };
