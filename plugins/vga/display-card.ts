// What the display devices have in common: memory, registers, display interface and the two BARs.
import {
  byteLength,
  disposable,
  isPowerOfTwo,
  MiB,
  type BlockAccess,
  type DeviceContext,
  type MemoryRegion,
  type MemoryRegions,
  type RAMBlock,
  type RAMList,
  type Resets,
} from "backplane";
import { vgaSleepStates, type AcpiDsdt } from "backplane/plugins/acpi/contract";
import type { Pci, PciDeviceState, PciFunction, PciOwnRom } from "backplane/plugins/pci/contract";
import { ChainedWindow } from "./chained-window.ts";
import { controlBar, type ByteOrder } from "./control-bar.ts";
import type { displayProperties } from "./display-properties.ts";
import { DisplayInterface, type DisplayInterfaceState } from "./dispi.ts";
import { DEFAULT_MODE } from "./edid.ts";
import { PlanarWindow } from "./planar-window.ts";
import { VgaRegisters, type VgaRegisterState } from "./registers.ts";

const VENDOR = 0x1234;
const DEVICE_ID = 0x1111;
/** With the registers of the peer's own. */
const REVISION_EXTENDED = 2;
const BAR = { memory: 0, control: 2 } as const;
const MEMORY_LIMIT_MB = 512;

export interface DisplayParts {
  readonly device: DeviceContext<typeof displayProperties>;
  readonly pci: Pci;
  readonly regions: MemoryRegions;
  readonly ramList: RAMList;
  readonly access: BlockAccess;
  readonly resets: Resets;
  readonly dsdt: AcpiDsdt;
}

export interface DisplayKind {
  readonly classId: number;
  readonly rom?: PciOwnRom;
  /** Answers at the places that every VGA has, wherever its BARs are. */
  readonly legacy: boolean;
  /** Has the BAR of control registers. */
  readonly control: boolean;
}

/** What a migration carries of the registers, the display interface and what lies between them and the memory. */
export interface AdapterState extends VgaRegisterState, DisplayInterfaceState {
  latch: number;
  isBigEndian: boolean;
}

export interface DisplayCardState {
  readonly pci: PciDeviceState;
  readonly adapter: AdapterState;
}

export class DisplayCard {
  readonly #order: ByteOrder = { isBig: false };
  readonly card: PciFunction;
  readonly vga: VgaRegisters;
  readonly display: DisplayInterface;
  readonly window: PlanarWindow;

  constructor(parts: DisplayParts, kind: DisplayKind) {
    const { device, regions, access } = parts;
    const { edid, "qemu-extended-regs": extended, vgamem_mb: megabytes } = device.properties;
    // Plugging adds the ROM, and the memory comes before it in ram-address space. The name holds the function's path.
    const memory = regions.ram("vga.vram", byteLength(memorySize(megabytes)), { idstr: null });
    device.own(disposable(() => regions.destroy(memory)));
    const block = blockOf(memory);
    this.card = parts.pci.plug({
      device,
      vendorId: VENDOR,
      deviceId: DEVICE_ID,
      classId: kind.classId,
      revision: kind.control && extended ? REVISION_EXTENDED : 0,
      ...(kind.rom === undefined ? {} : { rom: kind.rom }),
    });
    parts.ramList.setIdstr(block, memory.name, this.card.path);
    parts.ramList.setMigratable(block, true);
    const chained = kind.legacy ? new ChainedWindow(regions, memory, this.card.bus.memory) : undefined;
    device.own(disposable(() => chained?.remove()));
    const changed = (): void => chained?.update(this.vga, this.display);
    this.vga = new VgaRegisters((file) => {
      // A mode of the display interface's holds against who writes the controllers below it.
      if (file !== "sequencer") this.display.program();
      if (file !== "crt") changed();
    });
    const clear = (length: number): void => access.fill(block, 0, Math.min(length, block.usedLength), 0);
    this.display = new DisplayInterface(this.vga, block.usedLength, clear, changed);
    const { vga, display } = this;
    this.window = new PlanarWindow(
      vga,
      block,
      access,
      () => display.bankOffset,
      () => display.sequencer,
    );
    device.own(parts.dsdt.describe(device.path, vgaSleepStates));
    this.card.addBar(BAR.memory, "prefetchable", memory);
    if (kind.control) {
      const monitor = edid ? describeMonitor(device) : undefined;
      this.card.addBar(
        BAR.control,
        "memory",
        controlBar(regions, { vga, display, monitor, extended, order: this.#order }),
      );
    }
    device.own(
      parts.resets.add(() => {
        vga.reset();
        display.reset();
        this.window.reset();
        changed();
      }),
    );
    device.carry({
      kind: "captured",
      idstr: `${this.card.path}/vga`,
      version: 2,
      description: async () => (await import("./late/state.ts")).VGA,
      capture: () => this.#captureState(),
      restore: (state) => this.#restoreState(state),
    });
  }

  #captureState(): DisplayCardState {
    const { card, vga, display, window } = this;
    return {
      pci: card.captureState(),
      adapter: {
        ...vga.captureState(),
        ...display.captureState(),
        latch: window.latch,
        isBigEndian: this.#order.isBig,
      },
    };
  }

  #restoreState({ pci, adapter }: DisplayCardState): void {
    this.card.restoreState(pci);
    this.window.latch = adapter.latch;
    this.#order.isBig = adapter.isBigEndian;
    this.vga.restoreState(adapter);
    this.display.restoreState(adapter);
  }
}

/** The size that is preferred shows in the properties once the description is made. */
function describeMonitor(device: DeviceContext<typeof displayProperties>) {
  const { xres, yres, xmax, ymax, refresh_rate: refresh } = device.properties;
  const width = xres === 0 ? DEFAULT_MODE.width : xres;
  const height = yres === 0 ? DEFAULT_MODE.height : yres;
  device.object.add({ name: "xres", type: "uint32", get: () => width });
  device.object.add({ name: "yres", type: "uint32", get: () => height });
  return { width, height, maxWidth: xmax, maxHeight: ymax, refresh };
}

/** A power of two up to 512 MiB. */
function memorySize(wanted: number): number {
  const megabytes = Math.min(Math.max(wanted, 1), MEMORY_LIMIT_MB);
  return (isPowerOfTwo(megabytes) ? megabytes : 2 ** Math.ceil(Math.log2(megabytes))) * MiB;
}

function blockOf({ ramBlock, name }: MemoryRegion): RAMBlock {
  if (ramBlock === undefined) throw new Error(`${name} was made without its block`);
  return ramBlock;
}
