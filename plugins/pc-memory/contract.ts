/** The PC's memory map, as chipset, tables and firmware see it. */
import { token, type ByteLength, type GuestAddress, type MemoryRegion } from "backplane";

export const E820_RAM = 1;
export const E820_RESERVED = 2;

export interface E820Entry {
  readonly address: number;
  readonly length: number;
  readonly type: number;
}

/** Where memory devices are plugged: `maxmem` beyond `size`, and a gigabyte for every slot's alignment. */
export interface DeviceMemory {
  readonly base: GuestAddress;
  readonly size: ByteLength;
  readonly region: MemoryRegion;
}

/**
 * The memory map. Sizes are known from attach on. The regions are laid in the phase `board`: listeners of that phase in
 * plugins that require `PC_MEMORY` run after it and may read them; earlier the getters throw `PC_MEMORY_NOT_LAID`.
 */
export interface PcMemory {
  readonly ramSize: ByteLength;
  readonly maxRamSize: ByteLength;
  readonly slots: number;
  /** Bytes of RAM below 4 GiB, i.e. where RAM ends and the PCI hole begins. */
  readonly belowFourGiB: ByteLength;
  readonly aboveFourGiB: ByteLength;
  readonly aboveFourGiBStart: GuestAddress;
  /** Undefined when `maxmem` leaves no room for devices. */
  readonly deviceMemoryRange: { readonly base: GuestAddress; readonly size: ByteLength } | undefined;
  /** The first address behind RAM and device memory, aligned to 1 GiB: the fw_cfg file etc/reserved-memory-end and the 64-bit PCI hole. */
  readonly pciHole64Start: GuestAddress;

  /** All RAM: a block named `pc.ram`, or a container of the NUMA nodes' backends. */
  readonly ram: MemoryRegion;
  /** Alias `ram-below-4g`. */
  readonly ramBelow: MemoryRegion;
  /** Alias `ram-above-4g`; undefined when all RAM fits below. */
  readonly ramAbove: MemoryRegion | undefined;
  /** 256 KiB at the top of 4 GiB. */
  readonly bios: MemoryRegion;
  /** The last 128 KiB of `bios`, below 1 MiB. */
  readonly isaBios: MemoryRegion;
  /** 128 KiB at 0xc0000. */
  readonly rom: MemoryRegion;
  /** The container `pci` for the PCI address space, with BIOS and ROM in it. The host bridge maps it into `system`, at priority -1. */
  readonly pci: MemoryRegion;
  readonly deviceMemory: DeviceMemory | undefined;

  /** RAM and reservations in the order in which they were added: the fw_cfg file etc/e820. */
  readonly e820: readonly E820Entry[];
  addE820(entry: E820Entry): void;
}

export const PC_MEMORY = token<PcMemory>("PC_MEMORY");
