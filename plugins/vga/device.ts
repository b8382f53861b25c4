import {
  BLOCK_ACCESS,
  byteLength,
  DEVICE,
  disposable,
  guestAddress,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  RAM_LIST,
  RESETS,
  SYSTEM_IO,
  type AddressSpace,
  type BlockAccess,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegion,
  type MemoryRegionOps,
  type MemoryRegions,
  type RAMList,
  type Resets,
} from "backplane";
import { ACPI_DSDT, type AcpiDsdt } from "backplane/plugins/acpi/contract";
import { PCI, pciProperties, type Pci } from "backplane/plugins/pci/contract";
import { DisplayCard } from "./display-card.ts";
import { flag, monitorProperties } from "./display-properties.ts";
import type { DisplayInterface } from "./dispi.ts";
import type { PlanarWindow } from "./planar-window.ts";
import { bytePorts } from "./port-access.ts";
import type { VgaRegisters } from "./registers.ts";

const CLASS_VGA = 0x0300;
const ROM = { name: "vga.rom", file: "vgabios-stdvga.bin", length: 0x10000 } as const;
const WINDOW = { base: 0xa0000, length: 0x20000 } as const;
/** Ports in the order of the stretches that are decoded, with the register of 0x3c0 or of the CRT controller. */
const PORTS = [
  { base: 0x3b4, length: 2, files: "monochrome" },
  { base: 0x3ba, length: 1, files: "monochrome" },
  { base: 0x3c0, length: 16, files: "vga" },
  { base: 0x3d4, length: 2, files: "color" },
  { base: 0x3da, length: 1, files: "color" },
] as const;
const DISPLAY_PORTS = 0x1ce;

export const vgaType = {
  name: "VGA",
  bus: "PCI",
  parent: "pci-vga",
  category: "display",
  hotpluggable: false,
  properties: {
    vgamem_mb: prop.unsigned(32, 16),
    mmio: prop.bool(true, flag),
    "qemu-extended-regs": prop.bool(true, flag),
    edid: prop.bool(true, flag),
    ...monitorProperties,
    "global-vmstate": prop.unmodelled(prop.bool(false, flag)),
    ...pciProperties,
  },
} satisfies DeviceType;

/** The standard VGA with Bochs' display interface. Nobody looks at it; a guest can draw, and log what it draws. */
@injectable()
export class VgaDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof vgaType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(SYSTEM_IO) private readonly io: AddressSpace,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RAM_LIST) private readonly ramList: RAMList,
    @inject(BLOCK_ACCESS) private readonly access: BlockAccess,
    @inject(RESETS) private readonly resets: Resets,
    @inject(ACPI_DSDT) private readonly dsdt: AcpiDsdt,
  ) {}

  realize(): void {
    const { device, pci, regions, ramList, access, resets, dsdt } = this;
    const { vga, display, window, card } = new DisplayCard(
      { device, pci, regions, ramList, access, resets, dsdt },
      { classId: CLASS_VGA, rom: ROM, legacy: true, control: device.properties.mmio },
    );
    this.#legacy(vga, display, window, card.bus.memory);
  }

  /** The ports and the window that every VGA has, wherever its BARs are. */
  #legacy(vga: VgaRegisters, display: DisplayInterface, window: PlanarWindow, memory: MemoryRegion): void {
    const { regions } = this;
    const low = regions.io("vga-lowmem", byteLength(WINDOW.length), {
      valid: { min: 1, max: 4, unaligned: true },
      impl: { min: 1, max: 1 },
      read: (offset) => window.read(offset),
      write: (offset, value) => window.write(offset, value),
    });
    this.#map(memory, WINDOW.base, low, 1);
    for (const { base, length, files } of PORTS) {
      const first = files === "vga" ? 0 : base & 0x0f;
      const isColor = files === "color";
      const ports =
        files === "vga"
          ? vga
          : {
              read: (offset: number) => vga.readCrt(offset, isColor),
              write: (offset: number, value: number) => vga.writeCrt(offset, value, isColor),
            };
      this.#map(
        this.io.root,
        base,
        regions.io("vga", byteLength(length), bytePorts(ports, first, length), { inPortList: true }),
      );
    }
    this.#map(this.io.root, DISPLAY_PORTS, displayPorts(regions, display));
  }

  #map(container: MemoryRegion, base: number, region: MemoryRegion, priority = 0): void {
    container.addSubregion(guestAddress(base), region, priority);
    this.device.own(disposable(() => container.removeSubregion(region)));
  }
}

/** An index and a data port of sixteen bits; the data port answers at 0x1cf and, aligned, at 0x1d0. */
function displayPorts(regions: MemoryRegions, display: DisplayInterface): MemoryRegion {
  const ops: MemoryRegionOps = {
    valid: { min: 1, max: 4, unaligned: true },
    impl: { min: 1, max: 4, unaligned: true },
    read(offset, size) {
      if (size !== 2 || offset > 2) return size === 1 ? 0xff : size === 2 ? 0xffff : 0xffffffff;
      return offset === 0 ? display.index : display.read();
    },
    write(offset, value, size) {
      if (size !== 2 || offset > 2) return;
      if (offset === 0) display.index = value;
      else display.write(value);
    },
  };
  return regions.io("vbe", byteLength(4), ops, { inPortList: true });
}
