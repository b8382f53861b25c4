// The services of the memory core, as the rest of the machine sees them.
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { ByteLength, GuestAddress, RamAddress, RegionOffset } from "./address.ts";
import type { AddressSpaceMapping, MappingDirection } from "./address-space-mapping.ts";
import type { HostAddress, HostMemory } from "./host-memory.ts";
import type { IommuOps, IommuRegion } from "./iommu.ts";
import type { MemoryListener } from "./memory-listener.ts";
import type { MemoryRegion, MemoryRegionOps } from "./memory-region.ts";
import type { RAMBlock } from "./ram-block.ts";
import type { RegionOwner } from "./region-owner.ts";
import type { AccessAttributes, AccessResult } from "./transaction.ts";

export interface RAMBlockRequest {
  readonly region: MemoryRegion;
  readonly size: ByteLength;
  /** Present makes the block resizeable. */
  readonly maxSize?: ByteLength;
  /** Memory that is already there (a file, a memfd); otherwise anonymous sparse memory of `maxSize`. */
  readonly host?: HostMemory;
  readonly readonly?: boolean;
  readonly noreserve?: boolean;
  readonly pmem?: boolean;
  readonly namedFile?: boolean;
  /** Told after a resize (not before): the owner of the block, e.g. to publish its new length. `size` is as asked for, not rounded. */
  resized?(block: RAMBlock, size: ByteLength): void;
  /** Told when the block is listed and mapped, before any notifier is. */
  listed?(block: RAMBlock): void;
  /** Told after the block was unlisted and its memory given back. */
  freed?(block: RAMBlock): void;
}

/** All RAM blocks of a machine: allocator of ram-address space, names, sizes. The only place that changes a block. */
export interface RAMList {
  /** Largest `maxLength` first, an equal one behind its elder: the order of the peer's table and of the stream. */
  blocks(): readonly RAMBlock[];
  /**
   * Lists the block, maps it, and tells `added`. When a notifier throws, the others are told all the same, and then the
   * block is taken back (`removed` to those that accepted it) before `NOTIFIER_FAILED` leaves.
   */
  allocate(request: RAMBlockRequest): RAMBlock;
  /** Tells `removed`, unlists, unmaps; memory that the caller gave stays the caller's. A failing notifier does not stop it. */
  free(block: RAMBlock): void;
  /** `prefix` (a device's path on its bus) and name are joined with `/`. A named block is renamed. Throws `RAM_BLOCK_DUPLICATE`. */
  setIdstr(block: RAMBlock, name: string, prefix?: string): void;
  unsetIdstr(block: RAMBlock): void;
  setMigratable(block: RAMBlock, migratable: boolean): void;
  /**
   * Rounds up to the host page; tells `resized` before. Within a page nobody is told, but the region's size follows and
   * the owner's `resized` is called. Throws `RAM_BLOCK_RESIZE`, `RAM_BLOCK_MISMATCH` (no resizeable block).
   */
  resize(block: RAMBlock, size: ByteLength): void;
  byIdstr(idstr: string): RAMBlock | undefined;
  byRamAddress(address: RamAddress): { readonly block: RAMBlock; readonly offset: RegionOffset } | undefined;
  byHostAddress(address: HostAddress): { readonly block: RAMBlock; readonly offset: RegionOffset } | undefined;
  /** Grows with every allocation and removal; migration and tables use it to see that the set moved. */
  readonly version: number;
}

/** Makes regions. Names are the peer's, as `info mtree` prints them. */
export interface MemoryRegions {
  container(name: string, size: ByteLength): MemoryRegion;
  /** A region with a RAM block of its own. Throws as `RAMList.allocate` and `setIdstr` do, leaving nothing behind. */
  ram(name: string, size: ByteLength, options?: RamRegionOptions): MemoryRegion;
  /** Like `ram`, but guests cannot write it. */
  rom(name: string, size: ByteLength, options?: RamRegionOptions): MemoryRegion;
  io(name: string, size: ByteLength, ops: MemoryRegionOps, options?: IoRegionOptions): MemoryRegion;
  /** Reads come from its RAM block, writes go to `ops`; outside of ROM-device mode (`setRomDeviceMode`) reads do too. */
  romDevice(name: string, size: ByteLength, ops: MemoryRegionOps, options?: RamRegionOptions): MemoryRegion;
  /** Accesses go where `ops` translates them. */
  iommu(name: string, size: ByteLength, ops: IommuOps): IommuRegion;
  /** A place that must stay free: it hides what lies below, and answers as if nothing stood there. */
  reserved(name: string, size: ByteLength): MemoryRegion;
  alias(name: string, target: MemoryRegion, offset: RegionOffset, size: ByteLength): MemoryRegion;
  /** Regions made meanwhile belong to `owner`. Core does it while a device is made; what a device makes later says so itself. */
  withOwner<T>(owner: RegionOwner | undefined, make: () => T): T;
  /** Regions that belong to nobody, in the order in which they were made. */
  readonly unowned: Iterable<MemoryRegion>;
  /** Runs a batch of changes and renders once, at the end of the outermost batch. Until then accesses see the old views. */
  transaction<T>(change: () => T): T;
  /** The machine is being released: nobody accesses memory any more, so what still changes is not rendered. */
  freeze(): void;
  /** Takes a ram or rom region out of its container and frees its block. */
  destroy(region: MemoryRegion): void;
  /** Another view of a tree (a processor's in SMM, a PCI device's DMA). Disposing it ends its rendering. */
  addressSpace(name: string, root: MemoryRegion, options?: AddressSpaceOptions): AddressSpace & Disposable;
  /** In the order in which they were made. */
  addressSpaces(): readonly AddressSpace[];
}

export interface IoRegionOptions {
  /** It is one of a list of port ranges, and so not its device's directly; `info mtree -o` says so. */
  readonly inPortList?: boolean;
}

export interface AddressSpaceOptions {
  /** How many bytes `AddressSpace.map` may copy at a time; default 4096. */
  readonly maxBounceBufferSize?: number;
}

export interface RamRegionOptions {
  readonly maxSize?: ByteLength;
  readonly host?: HostMemory;
  readonly noreserve?: boolean;
  readonly pmem?: boolean;
  readonly namedFile?: boolean;
  /** See `MemoryRegion.ramDevice`. */
  readonly ramDevice?: boolean;
  /** The idstr; default the region's name. `null` leaves the block nameless (memory backends are named when plugged). */
  readonly idstr?: string | null;
  /** A device's path on its bus. */
  readonly idstrPrefix?: string;
  /** Default true, except for nameless blocks. */
  readonly migratable?: boolean;
  /** See `RAMBlockRequest`. */
  resized?(block: RAMBlock, size: ByteLength): void;
}

/**
 * An address space: the flat view of a tree, with accesses. Where nothing stands, and where a device does not accept the
 * access, reads give 0 and writes vanish, as in the peer; I/O ports read all ones because the region `io` answers so.
 * A device gets the whole access that starts in its range, even one that reaches beyond it (a 32-bit access to port
 * 0xcf8 is the host bridge's although 0xcf9 is another device's); RAM is split where its range ends.
 *
 * Accesses are a device's or a monitor's unless `attributes` say that a processor makes them. The difference: what is
 * read-only in the tree only (RAM behind PAM) is so for processors; devices write through. ROM is written by neither.
 */
export interface AddressSpace {
  readonly name: string;
  readonly root: MemoryRegion;
  /** Grows whenever a rendering changed the view: a cache of lookups is good for one version. */
  readonly version: number;
  /** Any length; RAM is copied, devices are accessed in the largest fitting sizes. The result is that of all parts, or-ed. */
  read(address: GuestAddress, into: Uint8Array, attributes?: AccessAttributes): AccessResult;
  write(address: GuestAddress, from: Uint8Array, attributes?: AccessAttributes): AccessResult;
  /** One access of a device's width, little-endian, allocating nothing. `size` 8 is two halves. */
  load(address: GuestAddress, size: 1 | 2 | 4, attributes?: AccessAttributes): number;
  store(address: GuestAddress, value: number, size: 1 | 2 | 4, attributes?: AccessAttributes): AccessResult;
  load64(address: GuestAddress, attributes?: AccessAttributes): bigint;
  store64(address: GuestAddress, value: bigint, attributes?: AccessAttributes): AccessResult;
  /** How the latest access of this machine's memory went: what `load` has no room to return. */
  readonly lastResult: AccessResult;
  /** What stands at an address. An IOMMU is found as itself. */
  find(
    address: GuestAddress,
  ): { readonly region: MemoryRegion; readonly offset: RegionOffset; readonly length: ByteLength } | undefined;
  /** The rendered view, ascending. Spaces whose trees come to the same share one array. */
  ranges(): readonly FlatRange[];
  /**
   * Holds guest memory for a bus master. Undefined when all that may be copied is in use: `onMappable` tells when to try
   * again. May grant less than asked for.
   */
  map(
    address: GuestAddress,
    length: number,
    direction: MappingDirection,
    attributes?: AccessAttributes,
  ): AddressSpaceMapping | undefined;
  /** Tells once, as soon as there is room for a copy: maybe before it returns. */
  onMappable(listener: () => void): Disposable;
  /** Follows the view: replays what there is as added, tells of changes, and of all as removed when disposed. */
  listen(listener: MemoryListener): Disposable;
}

export interface FlatRange {
  readonly start: GuestAddress;
  readonly length: ByteLength;
  readonly region: MemoryRegion;
  readonly offsetInRegion: RegionOffset;
  readonly readonly: boolean;
  readonly nonvolatile: boolean;
  /** A ROM device that is read directly. */
  readonly isRomDevice: boolean;
  /** Who wants to know of writes: bits of `DIRTY_…`. */
  readonly dirtyLog: number;
}

/** Who looks at dirty pages. */
export type DirtyClient = "migration" | "vga" | "code";

/**
 * Reads and writes a block's bytes for whoever is not the guest: loaders, devices, an incoming migration. It ignores
 * `readonly`, which binds the guest only. Together with `AddressSpace` it is the one place through which writes go, so
 * that every write marks dirty pages.
 */
export interface BlockAccess {
  read(block: RAMBlock, offset: number, into: Uint8Array): void;
  write(block: RAMBlock, offset: number, from: Uint8Array): void;
  fill(block: RAMBlock, offset: number, length: number, value: number): void;
  /** Little-endian. */
  writeUint(block: RAMBlock, offset: number, size: 1 | 2 | 4, value: number): void;
  /** Makes the range zero, marks it dirty, and gives its memory back (balloon, virtio-mem, an incoming zero page). */
  discard(block: RAMBlock, offset: number, length: number): void;
}

/** Pages written since they were last asked for, per client. Marking costs nothing while nobody listens. */
export interface DirtyMemory {
  /**
   * Starts logging for a client; until disposed, every write marks. Refuses a second user of the same client. For
   * `migration`, listeners of address spaces are told that all RAM is logged.
   */
  log(client: DirtyClient): Disposable;
  /** Marks a range of a block; called by the one place through which all writes go. */
  mark(block: RAMBlock, offset: number, length: number): void;
  /** Has those who write by other ways (a kernel, another process) mark what they wrote. Call it before `sync`. */
  synchronize(): void;
  /** Moves the client's dirty pages of a block into `into` (bit per target page, OR-ed) and clears them. Returns how many were dirty. */
  sync(client: DirtyClient, block: RAMBlock, into: PageBitmap): number;
}

/** A bit per target page. */
export interface PageBitmap {
  readonly pages: number;
  /** How many bits are set. */
  readonly count: number;
  get(page: number): boolean;
  set(page: number): boolean;
  clear(page: number): boolean;
  setRange(page: number, count: number): void;
  clearRange(page: number, count: number): void;
  /** The first set bit at or after `from`; `pages` when there is none. */
  next(from: number): number;
}

export const BLOCK_ACCESS = token<BlockAccess>("BLOCK_ACCESS");
export const RAM_LIST = token<RAMList>("RAM_LIST");
export const MEMORY_REGIONS = token<MemoryRegions>("MEMORY_REGIONS");
export const DIRTY_MEMORY = token<DirtyMemory>("DIRTY_MEMORY");
/** Guest-physical memory as devices see it; its root is the region `system`. */
export const SYSTEM_MEMORY = token<AddressSpace>("SYSTEM_MEMORY");
/** I/O ports; its root is the region `io`. */
export const SYSTEM_IO = token<AddressSpace>("SYSTEM_IO");
