import type { ByteLength, RamAddress } from "./address.ts";
import type { RAMBlockRequest } from "./contract.ts";
import type { HostAddress, HostMemory } from "./host-memory.ts";
import type { MemoryRegion } from "./memory-region.ts";
import type { RAMBlockNotification } from "./ram-block-notifier.ts";
import type { RAMBlock, RAMBlockFlags } from "./ram-block.ts";

/** What the list keeps of a block; plugins see it as a `RAMBlock`. Only `ram-list.ts` and the notifiers' registry write to it. */
export class RAMBlockState implements RAMBlock {
  idstr = "";
  offset = 0 as RamAddress;
  usedLength: ByteLength;
  readonly maxLength: ByteLength;
  readonly pageSize: ByteLength;
  migratable = false;
  readonly flags: RAMBlockFlags;
  readonly region: MemoryRegion;
  readonly host: HostMemory;
  hostAddress = 0 as HostAddress;
  readonly request: RAMBlockRequest;
  /** Order of creation. */
  readonly #serial: number;
  /** Its number while it is listed, small and reused, so that sets of blocks are bits in an array; -1 otherwise. */
  slot = -1;
  /** The notifications of this block that are being delivered right now, as bits of `telling`. */
  busy = 0;

  constructor(fields: {
    readonly serial: number;
    readonly usedLength: ByteLength;
    readonly maxLength: ByteLength;
    readonly pageSize: ByteLength;
    readonly flags: RAMBlockFlags;
    readonly host: HostMemory;
    readonly request: RAMBlockRequest;
  }) {
    this.#serial = fields.serial;
    this.usedLength = fields.usedLength;
    this.maxLength = fields.maxLength;
    this.pageSize = fields.pageSize;
    this.flags = fields.flags;
    this.region = fields.request.region;
    this.host = fields.host;
    this.request = fields.request;
  }

  get isListed(): boolean {
    return this.slot >= 0;
  }

  /** How errors call it: a block without a name goes by its region. */
  get label(): string {
    return this.idstr === "" ? this.region.name : this.idstr;
  }

  /** Negative when this one comes first in the list: larger maximum, then elder. */
  compare(other: RAMBlockState): number {
    return other.maxLength - this.maxLength || this.#serial - other.#serial;
  }
}

/** A kind's number. Comparisons, because a table keyed by strings is slow where kinds alternate. */
export function kindIndex(kind: RAMBlockNotification): number {
  if (kind === "added") return 0;
  if (kind === "resized") return 1;
  if (kind === "idstr") return 2;
  return kind === "migratable" ? 3 : 4;
}

/** The bit that stands for a kind of notification in `busy`. */
export function telling(kind: RAMBlockNotification): number {
  return 1 << kindIndex(kind);
}
