import {
  CLOCK,
  DEVICE,
  DEVICES,
  inject,
  injectable,
  MACHINE_CONTROL,
  machineErrors,
  MEMORY_REGIONS,
  prop,
  QOM,
  RESETS,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Clock,
  type Device,
  type DeviceContext,
  type Devices,
  type DeviceType,
  type IrqLine,
  type MachineControl,
  type MemoryRegions,
  type Qom,
  type Resets,
  UNCONNECTED,
} from "backplane";
import {
  INTERRUPT_CONTROLLERS,
  LOCAL_APICS,
  type InterruptControllers,
  type LocalApics,
} from "backplane/plugins/apic/contract";
import type { IsaBoard } from "./board.ts";
import { CMOS, ISA, ISA_DMA, type Isa } from "./contract.ts";
import type { DmaChannels } from "./dma-channels.ts";
import { DmaController } from "./dma.ts";
import { isaErrors } from "./errors.ts";
import { KeyboardController } from "./keyboard-controller.ts";
import { Ps2KeyboardDevice, Ps2MouseDevice } from "./pointing-devices.ts";
import { Pic } from "./pic.ts";
import { SpeakerPort, SystemControlPort } from "./small-ports.ts";
import { IntervalTimer } from "./timer.ts";
import { vmwarePort } from "./vmware-port.ts";

const ISA_INTERRUPTS = 16;
/** A number that the board gives. */
const UNSET = 0xffffffff;

/** Says that a line leads to the processor, which is no device that it could be a pin of. */
function boardLine(qom: Qom, line: IrqLine): IrqLine {
  const object = qom.find("/machine/unattached")?.addChild("non-qdev-gpio[*]", "irq");
  if (object !== undefined) qom.nameLine(line, object);
  return line;
}

/** An end of the address line's gate, which no guest here looks at. */
const gate = (): IrqLine => ({ set: () => undefined });

const fixed = { bus: "ISA", userCreatable: false, hotpluggable: false } as const;

export const picType = {
  ...fixed,
  name: "isa-i8259",
  parent: "pic-common",
  properties: {
    iobase: prop.unsigned(32, UNSET),
    elcr_addr: prop.unsigned(32, UNSET),
    elcr_mask: prop.unsigned(8, 0xff),
    master: prop.bool(false),
  },
} satisfies DeviceType;

@injectable()
export class PicDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof picType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(LOCAL_APICS) private readonly localApics: LocalApics,
    @inject(INTERRUPT_CONTROLLERS) private readonly controllers: InterruptControllers,
    @inject(QOM) private readonly qom: Qom,
  ) {}

  realize(): void {
    const { device, board } = this;
    const { iobase, elcr_addr: elcr, elcr_mask: elcrMask, master } = device.properties;
    const [output = UNCONNECTED] = device.gpio.outputs(undefined, 1);
    const pic = new Pic(this.regions, { master, elcrMask, output, second: () => board.pics.slave });
    board.connect(pic, device.gpio, this.localApics);
    // The first counts for both.
    const counts = master ? board.counts : undefined;
    device.own(this.controllers.add({ object: device.object, text: () => pic.text(), counts }));
    const processor = device.gpio.list(undefined)?.outputs[0]?.target;
    if (master && processor !== undefined) boardLine(this.qom, processor);
    const ports = [
      { base: iobase, region: pic.ports },
      { base: elcr, region: pic.elcr },
    ];
    this.isa.plug({ device, ports });
    device.carry({
      kind: "captured",
      idstr: "i8259",
      version: 1,
      description: async () => (await import("./late/controller-states.ts")).PIC,
      capture: () => pic.captureState(),
      restore: (state) => pic.restoreState(state),
    });
  }
}

export const pitType = {
  ...fixed,
  name: "isa-pit",
  parent: "pit-common",
  properties: { iobase: prop.unsigned(32, UNSET) },
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
    const { gpio } = this.device;
    const [output = UNCONNECTED] = gpio.outputs(undefined, 1);
    const timer = this.device.own(new IntervalTimer(this.regions, this.clock, output));
    gpio.inputs(undefined, 1, (_pin, enabled) => timer.enableOutput(enabled));
    gpio.list(undefined)?.outputs[0]?.connect(this.isa.irq(0));
    this.board.timer = timer;
    this.board.paths.timer = this.device.path;
    this.isa.plug({ device: this.device, ports: [{ base: this.device.properties.iobase, region: timer.region }] });
    this.device.own(this.resets.add(() => timer.reset()));
    this.device.carry({
      kind: "captured",
      idstr: "i8254",
      version: 3,
      description: async () => (await import("./late/timer-states.ts")).PIT,
      capture: () => timer.captureState(),
      restore: (state) => timer.restoreState(state),
    });
  }
}

export const speakerType = {
  ...fixed,
  name: "isa-pcspk",
  parts: { pit: "link<pit-common>", "pcspk[0]": "child<memory-region>" },
  properties: {
    audiodev: prop.unmodelled(prop.string("", { description: "ID of an audiodev to use as a backend" })),
    iobase: prop.unsigned(32, 0x61),
    migrate: prop.unmodelled(prop.bool(true)),
  },
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
    const { paths } = this.board;
    this.device.object.add({ name: "pit", type: "link<pit-common>", get: () => paths.timer });
    const port = new SpeakerPort(this.regions, () => this.board.timer);
    this.isa.plug({ device: this.device, ports: [{ base: this.device.properties.iobase, region: port.region }] });
    this.device.carry({
      kind: "captured",
      idstr: "pcspk",
      version: 1,
      description: async () => (await import("./late/timer-states.ts")).SPEAKER,
      capture: () => port.captureState(),
      restore: (state) => port.restoreState(state),
    });
  }
}

export const keyboardType = {
  ...fixed,
  name: "i8042",
  parts: {
    "a20[0]": "link<irq>",
    "unnamed-gpio-out[0]": "link<irq>",
    "unnamed-gpio-out[1]": "link<irq>",
    "ps2-kbd-input-irq[0]": "child<irq>",
    "ps2-mouse-input-irq[0]": "child<irq>",
    ps2kbd: "child<ps2-kbd>",
    ps2mouse: "child<ps2-mouse>",
    "i8042-data[0]": "child<memory-region>",
    "i8042-cmd[0]": "child<memory-region>",
  },
  properties: {
    "extended-state": prop.bool(true),
    "kbd-throttle": prop.bool(false),
    "kbd-irq": prop.unsigned(8, 1),
    "mouse-irq": prop.unsigned(8, 12),
  },
} satisfies DeviceType;

@injectable()
export class KeyboardDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof keyboardType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RESETS) private readonly resets: Resets,
    @inject(DEVICES) private readonly devices: Devices,
    @inject(MACHINE_CONTROL) private readonly control: MachineControl,
    @inject(QOM) private readonly qom: Qom,
  ) {}

  realize(): void {
    const { device, isa, control } = this;
    const { "kbd-irq": keyboardIrq, "mouse-irq": mouseIrq } = device.properties;
    const { "extended-state": extended, "kbd-throttle": throttled } = device.properties;
    for (const [name, irq] of [
      ["kbd-irq", keyboardIrq],
      ["mouse-irq", mouseIrq],
    ] as const) {
      if (irq >= ISA_INTERRUPTS) throw isaErrors.IRQ_RANGE(name);
    }
    if (throttled && !extended)
      device.log.warn("i8042: can't enable kbd-throttle without extended-state, disabling kbd-throttle");
    const { gpio } = device;
    const [a20] = gpio.outputs("a20", 1);
    a20?.connect(boardLine(this.qom, gate()));
    this.board.gate = boardLine(this.qom, gate());
    const [keyboardInterrupt = UNCONNECTED, mouseInterrupt = UNCONNECTED] = gpio
      .outputs(undefined, 2)
      .map((pin, index) => {
        pin.connect(isa.irq(index === 0 ? keyboardIrq : mouseIrq));
        return pin;
      });
    const controller: KeyboardController = device.own(
      new KeyboardController(this.regions, {
        keyboard: this.#cable("ps2-kbd", "ps2kbd", Ps2KeyboardDevice, (level) => controller.requests("keyboard", level))
          .keyboard,
        mouse: this.#cable("ps2-mouse", "ps2mouse", Ps2MouseDevice, (level) => controller.requests("mouse", level))
          .mouse,
        keyboardInterrupt,
        mouseInterrupt,
        a20: a20 ?? UNCONNECTED,
        clock: this.clock,
        extended,
        throttled: throttled && extended,
        resetMachine: () => control.reset("guest-reset"),
      }),
    );
    controller.reset();
    const ports = [
      { base: 0x60, region: controller.data },
      { base: 0x64, region: controller.command },
    ];
    isa.plug({ device, ports, interrupts: [keyboardIrq, mouseIrq] });
    device.own(this.resets.add(() => controller.reset()));
    device.carry({
      kind: "captured",
      idstr: "pckbd",
      version: 3,
      description: async () => (await import("./late/input-states.ts")).KEYBOARD_CONTROLLER,
      capture: () => controller.captureState(),
      restore: (state) => controller.restoreState(state),
    });
    this.board.keyboard = true;
    this.board.paths.keyboard = device.path;
  }

  /** Plugs a keyboard or a mouse; its requests arrive at an input of the controller. */
  #cable<D extends Device>(
    driver: "ps2-kbd" | "ps2-mouse",
    name: string,
    implementation: new (...args: never[]) => D,
    arrived: (level: boolean) => void,
  ): D {
    const place = { of: this.device.path, name };
    const { context, device } = this.devices.create({ driver, place, properties: {} }, "machine");
    const [input = UNCONNECTED] = this.device.gpio.inputs(`${driver}-input-irq`, 1, (_pin, level) => arrived(level));
    context.gpio.list(undefined)?.outputs[0]?.connect(input);
    if (!(device instanceof implementation)) throw isaErrors.PS2_DEVICE(driver);
    return device;
  }
}

export const dmaType = {
  ...fixed,
  name: "i8257",
  interfaces: ["isa-dma"],
  properties: {
    base: prop.signed(32, 0),
    "page-base": prop.signed(32, 0x80),
    /** -1: there are none, as on this board; they are not modelled. */
    "pageh-base": prop.signed(32, 0x480),
    dshift: prop.signed(32, 0),
  },
} satisfies DeviceType;

@injectable()
export class DmaDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof dmaType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(ISA_DMA) private readonly dma: DmaChannels,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) private readonly memory: AddressSpace,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { device, regions, memory } = this;
    const { base, "page-base": pageBase, "pageh-base": highBase, dshift } = device.properties;
    if (highBase !== -1) throw machineErrors.PROPERTY_UNMODELLED("i8257", "pageh-base", "-1");
    const isWide = dshift !== 0;
    const dma = device.own(new DmaController({ regions, memory, log: device.log }, isWide ? 1 : 0));
    this.dma.controllers[isWide ? "wide" : "narrow"] = dma;
    const ports = [
      { base, region: dma.channels },
      ...dma.pages.map(({ offset, region }) => ({ base: pageBase + offset, region })),
      { base: base + (8 << dshift), region: dma.control },
    ];
    this.isa.plug({ device, ports });
    device.own(this.resets.add(() => dma.reset()));
    device.carry({
      kind: "captured",
      idstr: "dma",
      version: 1,
      description: async () => (await import("./late/controller-states.ts")).DMA,
      capture: () => dma.captureState(),
      restore: (state) => dma.restoreState(state),
    });
  }
}

export const port92Type = {
  ...fixed,
  name: "port92",
  parts: { "port92[0]": "child<memory-region>", "a20[0]": "link<irq>" },
  properties: {},
} satisfies DeviceType;

@injectable()
export class Port92Device implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RESETS) private readonly resets: Resets,
    @inject(MACHINE_CONTROL) private readonly control: MachineControl,
  ) {}

  realize(): void {
    const [a20] = this.device.gpio.outputs("a20", 1);
    a20?.connect(this.board.gate);
    const port = new SystemControlPort(this.regions, a20 ?? UNCONNECTED, () => this.control.reset("guest-reset"));
    this.isa.plug({ device: this.device, ports: [{ base: 0x92, region: port.region }] });
    this.device.own(this.resets.add(() => port.reset()));
    this.device.carry({
      kind: "captured",
      idstr: "port92",
      version: 1,
      description: async () => (await import("./late/controller-states.ts")).SYSTEM_CONTROL,
      capture: () => port.captureState(),
      restore: (state) => port.restoreState(state),
    });
  }
}

export const vmportType = {
  ...fixed,
  name: "vmport",
  properties: {
    "x-read-set-eax": prop.unmodelled(prop.bool(true)),
    "x-signal-unsupported-cmd": prop.unmodelled(prop.bool(true)),
    "x-report-vmx-type": prop.unmodelled(prop.bool(true)),
    "x-cmds-v2": prop.unmodelled(prop.bool(true)),
    "vmware-vmx-version": prop.unmodelled(prop.unsigned(32, 6)),
    "vmware-vmx-type": prop.unmodelled(prop.unsigned(8, 2)),
  },
} satisfies DeviceType;

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
