import {
  CLOCK,
  DEVICE,
  inject,
  injectable,
  MACHINE_CONTROL,
  MEMORY_REGIONS,
  prop,
  RESETS,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MachineControl,
  type MemoryRegions,
  type Resets,
} from "backplane";
import type { IsaBoard } from "./board.ts";
import { CMOS, ISA, type Isa } from "./contract.ts";
import { DmaController } from "./dma.ts";
import { KeyboardController } from "./keyboard-controller.ts";
import { Pic } from "./pic.ts";
import { SpeakerPort, SystemControlPort } from "./small-ports.ts";
import { IntervalTimer } from "./timer.ts";
import { vmwarePort } from "./vmware-port.ts";

const fixed = { bus: "ISA", userCreatable: false, hotpluggable: false } as const;

export const picType = {
  ...fixed,
  name: "isa-i8259",
  properties: {
    iobase: prop.unsigned(32, 0x20),
    elcr_addr: prop.unsigned(32, 0x4d0),
    elcr_mask: prop.unsigned(8, 0xf8),
    master: prop.bool(true),
  },
} satisfies DeviceType;

@injectable()
export class PicDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof picType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { device, board } = this;
    const { iobase, elcr_addr: elcr, elcr_mask: elcrMask, master } = device.properties;
    const pic = new Pic(this.regions, { master, elcrMask, changed: () => (master ? undefined : board.cascade()) });
    board.pics[master ? "master" : "slave"] = pic;
    const ports = [
      { base: iobase, region: pic.ports },
      { base: elcr, region: pic.elcr },
    ];
    this.isa.plug({ device, ports });
    device.own(this.resets.add(() => pic.reset()));
  }
}

export const pitType = {
  ...fixed,
  name: "isa-pit",
  properties: { iobase: prop.unsigned(32, 0x40) },
} satisfies DeviceType;

@injectable()
export class PitDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof pitType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const timer = new IntervalTimer(this.regions, this.clock);
    this.board.timer = timer;
    this.isa.plug({ device: this.device, ports: [{ base: this.device.properties.iobase, region: timer.region }] });
    this.device.own(this.resets.add(() => timer.reset()));
  }
}

export const speakerType = {
  ...fixed,
  name: "isa-pcspk",
  properties: { iobase: prop.unsigned(32, 0x61) },
} satisfies DeviceType;

@injectable()
export class SpeakerDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof speakerType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
  ) {}

  realize(): void {
    const port = new SpeakerPort(this.regions, () => this.board.timer);
    this.isa.plug({ device: this.device, ports: [{ base: this.device.properties.iobase, region: port.region }] });
  }
}

export const keyboardType = {
  ...fixed,
  name: "i8042",
  properties: { "kbd-irq": prop.unsigned(8, 1), "mouse-irq": prop.unsigned(8, 12) },
} satisfies DeviceType;

@injectable()
export class KeyboardDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof keyboardType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RESETS) private readonly resets: Resets,
    @inject(MACHINE_CONTROL) private readonly control: MachineControl,
  ) {}

  realize(): void {
    const { device, isa, control } = this;
    const { "kbd-irq": keyboardIrq, "mouse-irq": mouseIrq } = device.properties;
    const controller = new KeyboardController(this.regions, {
      keyboard: isa.irq(keyboardIrq),
      mouse: isa.irq(mouseIrq),
      resetMachine: () => control.reset("guest-reset"),
    });
    const ports = [
      { base: 0x60, region: controller.data },
      { base: 0x64, region: controller.command },
    ];
    isa.plug({ device, ports, interrupts: [keyboardIrq, mouseIrq] });
    device.own(this.resets.add(() => controller.reset()));
    this.board.keyboard = true;
  }
}

export const dmaType = {
  ...fixed,
  name: "i8257",
  properties: { base: prop.unsigned(32, 0), "page-base": prop.unsigned(32, 0x80), dshift: prop.unsigned(32, 0) },
} satisfies DeviceType;

@injectable()
export class DmaDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof dmaType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { base, "page-base": pageBase, dshift } = this.device.properties;
    const dma = new DmaController(this.regions, dshift === 0 ? 0 : 1);
    const ports = [
      { base, region: dma.channels },
      { base: base + (8 << dshift), region: dma.control },
      ...dma.pages.map(({ offset, region }) => ({ base: pageBase + offset, region })),
    ];
    this.isa.plug({ device: this.device, ports });
    this.device.own(this.resets.add(() => dma.reset()));
  }
}

export const port92Type = { ...fixed, name: "port92", properties: {} } satisfies DeviceType;

@injectable()
export class Port92Device implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(ISA) private readonly isa: Isa,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RESETS) private readonly resets: Resets,
    @inject(MACHINE_CONTROL) private readonly control: MachineControl,
  ) {}

  realize(): void {
    const port = new SystemControlPort(this.regions, () => this.control.reset("guest-reset"));
    this.isa.plug({ device: this.device, ports: [{ base: 0x92, region: port.region }] });
    this.device.own(this.resets.add(() => port.reset()));
  }
}

export const vmportType = { ...fixed, name: "vmport", properties: {} } satisfies DeviceType;

@injectable()
export class VmportDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(ISA) private readonly isa: Isa,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
  ) {}

  realize(): void {
    this.isa.plug({
      device: this.device,
      ports: [{ base: 0x5658, region: vmwarePort(this.regions, this.device.log) }],
    });
  }
}
