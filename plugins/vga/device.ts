import {
  BLOCK_ACCESS,
  byteLength,
  DEVICE,
  disposable,
  guestAddress,
  inject,
  injectable,
  isPowerOfTwo,
  MEMORY_REGIONS,
  MiB,
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
import { PCI, pciProperties, type Pci } from "backplane/plugins/pci/contract";
import { ChainedWindow } from "./chained-window.ts";
import { controlBar } from "./control-bar.ts";
import { DisplayInterface } from "./dispi.ts";
import { PlanarWindow } from "./planar-window.ts";
import { bytePorts } from "./port-access.ts";
import { VgaRegisters } from "./registers.ts";

const VENDOR = 0x1234;
const DEVICE_ID = 0x1111;
const CLASS_VGA = 0x0300;
const REVISION = 2;
const BAR = { memory: 0, control: 2 } as const;
const ROM = { name: "vga.rom", file: "vgabios-stdvga.bin", length: 0x10000 } as const;
const WINDOW = { base: 0xa0000, length: 0x20000 } as const;
const MEMORY_LIMIT_MB = 512;
/** Ports in the order of the stretches that are decoded, with the register of 0x3c0 or of the CRT controller. */
const PORTS = [
  { base: 0x3b4, length: 2, files: "monochrome" },
  { base: 0x3ba, length: 1, files: "monochrome" },
  { base: 0x3c0, length: 16, files: "vga" },
  { base: 0x3d4, length: 2, files: "color" },
  { base: 0x3da, length: 1, files: "color" },
] as const;
const DISPLAY_PORTS = 0x1ce;
/** What the monitor likes best, where nobody says another size. */
const PREFERRED = { width: 1280, height: 800 } as const;

const flag = { description: "on/off" };

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
    xres: prop.unmodelled(prop.unsigned(32, 0)),
    yres: prop.unmodelled(prop.unsigned(32, 0)),
    xmax: prop.unmodelled(prop.unsigned(32, 0)),
    ymax: prop.unmodelled(prop.unsigned(32, 0)),
    refresh_rate: prop.unmodelled(prop.unsigned(32, 0)),
    "global-vmstate": prop.unmodelled(prop.bool(false, flag)),
    ...pciProperties,
    romfile: prop.string(ROM.file),
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
  ) {}

  realize(): void {
    const { device, regions } = this;
    const { mmio, edid, "qemu-extended-regs": extended } = device.properties;
    // Plugging adds the ROM, and the memory comes before it in ram-address space. The name holds the function's path.
    const memory = regions.ram("vga.vram", byteLength(this.#memorySize()), { idstr: null });
    device.own(disposable(() => regions.destroy(memory)));
    const { ramBlock: block } = memory;
    // A region that was just made has its block.
    if (block === undefined) return;
    const identity = { vendorId: VENDOR, deviceId: DEVICE_ID, classId: CLASS_VGA, revision: REVISION };
    const card = this.pci.plug({ device, ...identity, rom: ROM });
    device.object.add({ name: "xres", type: "uint32", get: () => PREFERRED.width });
    device.object.add({ name: "yres", type: "uint32", get: () => PREFERRED.height });
    this.ramList.setIdstr(block, memory.name, card.path);
    this.ramList.setMigratable(block, true);
    const { access } = this;
    const chained = new ChainedWindow(regions, memory, card.bus.memory);
    device.own(disposable(() => chained.remove()));
    const changed = (): void => chained.update(vga, display);
    const vga: VgaRegisters = new VgaRegisters((file) => {
      // A mode of the display interface's holds against who writes the controllers below it.
      if (file !== "sequencer") display.program();
      if (file !== "crt") changed();
    });
    const clear = (length: number): void => access.fill(block, 0, Math.min(length, block.usedLength), 0);
    const display: DisplayInterface = new DisplayInterface(vga, block.usedLength, clear, changed);
    const window = new PlanarWindow(
      vga,
      block,
      access,
      () => display.bankOffset,
      () => display.sequencer,
    );
    this.#legacy(vga, display, window, card.bus.memory);
    card.addBar(BAR.memory, "prefetchable", memory);
    if (mmio) card.addBar(BAR.control, "memory", controlBar(regions, { vga, display, monitor: edid, extended }));
    device.own(
      this.resets.add(() => {
        vga.reset();
        display.reset();
        window.reset();
        changed();
      }),
    );
  }

  /** In MiB; a power of two up to 512. */
  #memorySize(): number {
    const megabytes = Math.min(Math.max(this.device.properties.vgamem_mb, 1), MEMORY_LIMIT_MB);
    return (isPowerOfTwo(megabytes) ? megabytes : 2 ** Math.ceil(Math.log2(megabytes))) * MiB;
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
