import type { ByteLength, RamAddress } from "./address.ts";
import type { HostAddress, HostMemory } from "./host-memory.ts";
import type { MemoryRegion } from "./memory-region.ts";

/** What a RAM block is and may become. Fixed at creation but for `migratable`. */
export interface RAMBlockFlags {
  /** Writes are seen by every mapper of the backing. */
  readonly shared: boolean;
  /** `usedLength` may change, up to `maxLength`. */
  readonly resizeable: boolean;
  /** The guest cannot write it. */
  readonly readonly: boolean;
  /** The host does not account swap for it. */
  readonly noreserve: boolean;
  /** Persistent memory. */
  readonly pmem: boolean;
  /** The backing has a name in a file system. */
  readonly namedFile: boolean;
  /** Host memory was given by the caller, not allocated by the list. */
  readonly preallocated: boolean;
}

/** Guest RAM as the host knows it. Plugins read it; only the `RAMList` changes it, so that no change can skip its notice. */
export interface RAMBlock {
  /** Name in the migration stream; `""` until one is set. */
  readonly idstr: string;
  /** Place in ram-address space. */
  readonly offset: RamAddress;
  /** Bytes in use, a multiple of the block's alignment. */
  readonly usedLength: ByteLength;
  /** Bytes reserved: `usedLength` never exceeds it. */
  readonly maxLength: ByteLength;
  /** Host page size of the backing. */
  readonly pageSize: ByteLength;
  /** Whether migration carries it. */
  readonly migratable: boolean;
  readonly flags: RAMBlockFlags;
  readonly region: MemoryRegion;
  readonly host: HostMemory;
  /** Where the peer's table prints a host address; unique in this machine. */
  readonly hostAddress: HostAddress;
}
