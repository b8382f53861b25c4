import type { GuestAddress } from "./address.ts";
import type { RAMBlock } from "./ram-block.ts";

/**
 * Guest memory held for a while by a bus master (address_space_map of the peer): RAM itself, or a copy ("bounce buffer")
 * of what is not RAM, from a bounded amount per address space.
 */
export interface AddressSpaceMapping {
  readonly address: GuestAddress;
  /** What was granted, from `address`; may be less than was asked for. */
  readonly length: number;
  readonly isBounce: boolean;
  /** The RAM itself, for transfers without a copy (`HostMemory.borrow`); undefined for a copy. */
  readonly block: RAMBlock | undefined;
  /** Where in the block it begins. */
  readonly offset: number;
  /** Offsets are from the mapping's start. */
  read(offset: number, into: Uint8Array): void;
  /** RAM is written, and marked dirty, at once; a copy goes to the device with `unmap`. */
  write(offset: number, from: Uint8Array): void;
  /** Gives it back. `accessed` is how many bytes from the start were read or written; default all. */
  unmap(accessed?: number): void;
}

export type MappingDirection = "read" | "write";
