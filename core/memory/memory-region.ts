import type { ByteLength, GuestAddress, RegionOffset } from "./address.ts";
import type { RAMBlock } from "./ram-block.ts";
import type { RegionOwner } from "./region-owner.ts";
import type { AccessAttributes, AccessFault } from "./transaction.ts";

/** What a device answers to an access. Guest faults are data: methods do not throw, they return a defined value. */
export interface MemoryRegionOps {
  /**
   * `offset` is from the region's start; `size` is 1, 2 or 4 (an access of 8 comes in two halves). Value unsigned, or
   * `READ_FAILED`. `attributes` say who asks.
   */
  read(offset: number, size: number, attributes?: AccessAttributes): number;
  /** Returns what went wrong, if something did. */
  // Most devices have nothing to say about a write.
  // oxlint-disable-next-line typescript/no-invalid-void-type
  write(offset: number, value: number, size: number, attributes?: AccessAttributes): AccessFault | void;
  /** Refuses an access before any other check: nothing is read or written, the result is a decode error. */
  accepts?(offset: number, size: number, isWrite: boolean, attributes?: AccessAttributes): boolean;
  /**
   * Accesses that the guest may make; others read 0 and write nothing. Default: every width, aligned to itself (by the
   * offset in the region). When only `min` is given, `max` is 4.
   */
  readonly valid?: { readonly min?: 1 | 2 | 4 | 8; readonly max?: 1 | 2 | 4 | 8; readonly unaligned?: boolean };
  /**
   * Accesses that `read`/`write` can take. Default 1 to 4. A wider one is split. A narrower one is widened without moving
   * its offset: the device sees the guest's offset, and the value's low bytes (big endian: its high bytes) count.
   */
  readonly impl?: { readonly min?: 1 | 2 | 4; readonly max?: 1 | 2 | 4; readonly unaligned?: boolean };
  /** Byte order of the registers: `"big"` swaps each access's bytes. Default little. */
  readonly endianness?: "little" | "big";
}

export type MemoryRegionKind = "container" | "ram" | "rom" | "rom-device" | "io" | "iommu" | "reserved" | "alias";

/** A node of the tree that describes an address space. Made by `MemoryRegions`; changed through its own methods. */
export interface MemoryRegion {
  readonly name: string;
  /** Undefined for what belongs to the machine as a whole. */
  readonly owner: RegionOwner | undefined;
  readonly kind: MemoryRegionKind;
  readonly size: ByteLength;
  readonly enabled: boolean;
  readonly priority: number;
  /** Where it stands in its container, or stood last. */
  readonly address: GuestAddress;
  readonly container: MemoryRegion | undefined;
  readonly ops: MemoryRegionOps | undefined;
  /** The block behind a ram or rom region (through aliases too); undefined once it was freed. */
  readonly ramBlock: RAMBlock | undefined;
  readonly alias: { readonly target: MemoryRegion; readonly offset: RegionOffset } | undefined;
  readonly subregions: readonly MemoryRegion[];
  /** A guest's writes are discarded (a `rom`, or a ram alias made read-only as PAM does). It binds everything below the region. */
  readonly readonly: boolean;
  /** RAM that is a device's (a mapped BAR of a passed-through device): accessed in the widths asked for, never as a block. */
  readonly ramDevice: boolean;
  /** See `IoRegionOptions.inPortList`. */
  readonly inPortList: boolean;
  /** Keeps its contents without power; binds everything below the region. */
  readonly nonvolatile: boolean;
  /** For a ROM device: whether reads come from its memory. */
  readonly isRomDeviceMode: boolean;

  /** Higher priority wins where regions overlap; among equals the younger one. */
  addSubregion(address: GuestAddress, region: MemoryRegion, priority?: number): void;
  removeSubregion(region: MemoryRegion): void;
  setEnabled(enabled: boolean): void;
  /** Moves it within its container; among equals it then counts as the youngest. */
  setAddress(address: GuestAddress): void;
  setSize(size: ByteLength): void;
  setAliasOffset(offset: RegionOffset): void;
  setReadonly(readonly: boolean): void;
  setNonvolatile(nonvolatile: boolean): void;
  /** Only a ROM device has the mode. */
  setRomDeviceMode(isOn: boolean): void;
  /** Whether a client wants to know which pages of it are written; listeners are told. */
  setDirtyLog(client: "vga", isOn: boolean): void;
}
