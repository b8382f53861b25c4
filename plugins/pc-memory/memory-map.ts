import {
  alignUp,
  byteLength,
  guestAddress,
  GiB,
  KiB,
  MiB,
  regionOffset,
  WHOLE_SPACE,
  type AddressSpace,
  type ByteLength,
  type GuestAddress,
  type MemoryRegion,
} from "backplane";
import { E820_RAM, type DeviceMemory, type E820Entry, type PcMemory } from "./contract.ts";
import { pcMemoryErrors } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { makeMainRam, type MainRamServices } from "./main-ram.ts";

export const FOUR_GIB = 4 * GiB;
export const BIOS_SIZE = 256 * KiB;
/** As much of the BIOS's end as real mode reaches. */
const ISA_BIOS_SIZE = 128 * KiB;
const ROM_ADDRESS = 0xc0000;
const ROM_SIZE = 0x20000;
/** Above the video memory that also lies in the PCI space. */
const ROM_PRIORITY = 1;

interface Regions {
  readonly ram: MemoryRegion;
  readonly ramBelow: MemoryRegion;
  readonly ramAbove: MemoryRegion | undefined;
  readonly bios: MemoryRegion;
  readonly isaBios: MemoryRegion;
  readonly rom: MemoryRegion;
  readonly pci: MemoryRegion;
  readonly deviceMemory: DeviceMemory | undefined;
}

/** Where firmware lies: a ROM, or RAM for one that is measured and never put back. */
export interface FirmwareArea {
  readonly size: number;
  readonly isRom: boolean;
}

/** The PC's memory map. */
export class PcMemoryMap implements PcMemory {
  readonly ramSize: ByteLength;
  readonly maxRamSize: ByteLength;
  readonly slots: number;
  readonly #layout: Layout;
  readonly #e820: E820Entry[];
  #regions: Regions | undefined;

  constructor(request: { readonly size: number; readonly maxSize: number; readonly slots: number }, layout: Layout) {
    this.ramSize = byteLength(request.size);
    this.maxRamSize = byteLength(request.maxSize);
    this.slots = request.slots;
    this.#layout = layout;
    this.#e820 = [...layout.reserved, { address: 0, length: layout.belowFourGiB, type: E820_RAM }];
    if (layout.aboveFourGiB > 0) {
      this.#e820.push({ address: layout.aboveFourGiBStart, length: layout.aboveFourGiB, type: E820_RAM });
    }
  }

  /** Makes everything, in the order that gives the blocks the peer's places in ram-address space. */
  lay(
    memory: AddressSpace,
    services: MainRamServices,
    firmware: FirmwareArea = { size: BIOS_SIZE, isRom: true },
  ): void {
    const { regions } = services;
    const system = memory.root;
    const { belowFourGiB, aboveFourGiB, aboveFourGiBStart } = this.#layout;
    const pci = regions.container("pci", WHOLE_SPACE);
    const ram = makeMainRam(services, this.ramSize);
    const ramBelow = regions.alias("ram-below-4g", ram, regionOffset(0), byteLength(belowFourGiB));
    system.addSubregion(guestAddress(0), ramBelow);
    let ramAbove: MemoryRegion | undefined;
    if (aboveFourGiB > 0) {
      ramAbove = regions.alias("ram-above-4g", ram, regionOffset(belowFourGiB), byteLength(aboveFourGiB));
      system.addSubregion(guestAddress(aboveFourGiBStart), ramAbove);
    }
    const deviceMemory = this.#layDeviceMemory(system, services);
    const biosSize = byteLength(firmware.size);
    const bios = firmware.isRom ? regions.rom("pc.bios", biosSize) : regions.ram("pc.bios", biosSize);
    const isaSize = Math.min(ISA_BIOS_SIZE, biosSize);
    const isaBios = regions.alias("isa-bios", bios, regionOffset(biosSize - isaSize), byteLength(isaSize));
    pci.addSubregion(guestAddress(MiB - isaSize), isaBios, ROM_PRIORITY);
    isaBios.setReadonly(true);
    pci.addSubregion(guestAddress(FOUR_GIB - biosSize), bios);
    const rom = regions.rom("pc.rom", byteLength(ROM_SIZE));
    pci.addSubregion(guestAddress(ROM_ADDRESS), rom, ROM_PRIORITY);
    this.#regions = { ram, ramBelow, ramAbove, bios, isaBios, rom, pci, deviceMemory };
  }

  get belowFourGiB(): ByteLength {
    return byteLength(this.#layout.belowFourGiB);
  }

  get aboveFourGiB(): ByteLength {
    return byteLength(this.#layout.aboveFourGiB);
  }

  get aboveFourGiBStart(): GuestAddress {
    return guestAddress(this.#layout.aboveFourGiBStart);
  }

  get deviceMemoryRange(): PcMemory["deviceMemoryRange"] {
    const range = this.#layout.deviceMemory;
    return range && { base: guestAddress(range.base), size: byteLength(range.size) };
  }

  get pciHole64Start(): GuestAddress {
    return guestAddress(this.#layout.pciHole64Start);
  }

  /** What the firmware must not use for PCI: undefined without device memory. */
  get reservedMemoryEnd(): number | undefined {
    const range = this.#layout.deviceMemory;
    return range && alignUp(range.base + range.size, GiB);
  }

  get ram(): MemoryRegion {
    return this.#laid("ram");
  }

  get ramBelow(): MemoryRegion {
    return this.#laid("ramBelow");
  }

  get ramAbove(): MemoryRegion | undefined {
    return this.#laid("ramAbove");
  }

  get bios(): MemoryRegion {
    return this.#laid("bios");
  }

  get isaBios(): MemoryRegion {
    return this.#laid("isaBios");
  }

  get rom(): MemoryRegion {
    return this.#laid("rom");
  }

  get pci(): MemoryRegion {
    return this.#laid("pci");
  }

  get deviceMemory(): DeviceMemory | undefined {
    return this.#laid("deviceMemory");
  }

  get e820(): readonly E820Entry[] {
    return this.#e820;
  }

  addE820(entry: E820Entry): void {
    this.#e820.push(entry);
  }

  #laid<K extends keyof Regions>(name: K): Regions[K] {
    if (this.#regions === undefined) throw pcMemoryErrors.PC_MEMORY_NOT_LAID(name);
    return this.#regions[name];
  }

  #layDeviceMemory(system: MemoryRegion, services: MainRamServices): DeviceMemory | undefined {
    const { regions, machine } = services;
    const range = this.deviceMemoryRange;
    if (range === undefined) return undefined;
    const region = regions.withOwner(machine, () => regions.container("device-memory", range.size));
    // Followed by whoever cares for memory devices only.
    services.own(regions.addressSpace("device-memory", region));
    system.addSubregion(range.base, region);
    return { ...range, region };
  }
}
