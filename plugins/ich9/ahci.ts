// Function 1f.2: Serial ATA AHCI specification 1.3.1 §3 (registers) and §10.14 (index and data ports); ICH9 datasheet
// (316972) §15. Six ports to which nothing is attached, so no command is ever carried out.
import {
  byteLength,
  type DeviceContext,
  type DeviceType,
  type IrqLine,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import { CAPABILITY, CLASS, pciProperties, type Pci, type PciFunction } from "backplane/plugins/pci/contract";
import { DEVICE_IDS, REVISION, VENDOR_INTEL } from "./registers.ts";

const PORT_COUNT = 6;
const ABAR_LENGTH = 0x1000;
const PORTS_START = 0x100;
const PORT_LENGTH = 0x80;
const IDP_LENGTH = 0x20;
/** Index and data, in the block of ports. */
const IDP = { index: 0x10, data: 0x14 } as const;

const HBA = { capabilities: 0x00, control: 0x04, status: 0x08, implemented: 0x0c, version: 0x10 } as const;
/** 64-bit addresses, native command queueing, AHCI only, 32 command slots, six ports, generation 1. */
const CAPABILITIES = 0xc0141f05;
const VERSION = 0x00010000;
const CONTROL = { reset: 0x1, interrupts: 0x2, ahci: 0x80000000 } as const;

const PORT = {
  listLow: 0x00,
  listHigh: 0x04,
  fisLow: 0x08,
  fisHigh: 0x0c,
  interruptStatus: 0x10,
  interruptEnable: 0x14,
  command: 0x18,
  taskFile: 0x20,
  signature: 0x24,
  sataStatus: 0x28,
  sataControl: 0x2c,
  sataError: 0x30,
  active: 0x34,
  issue: 0x38,
} as const;
const COMMAND = {
  start: 0x1,
  spinUp: 0x2,
  power: 0x4,
  fisReceive: 0x10,
  fisRunning: 0x4000,
  listRunning: 0x8000,
} as const;
const NO_DEVICE_TASK_FILE = 0x7f;

export const ahciType = {
  name: "ich9-ahci",
  bus: "PCI",
  category: "storage",
  properties: { ...pciProperties },
} satisfies DeviceType;

/** One port's registers. */
class AhciPort {
  readonly #registers = new Uint32Array(PORT_LENGTH / 4);

  constructor() {
    this.reset();
  }

  reset(): void {
    this.#registers.fill(0);
    this.#set(PORT.command, COMMAND.spinUp | COMMAND.power);
    this.#set(PORT.taskFile, NO_DEVICE_TASK_FILE);
    this.#set(PORT.signature, 0xffffffff);
  }

  get interrupting(): boolean {
    return (this.read(PORT.interruptStatus) & this.read(PORT.interruptEnable)) !== 0;
  }

  read(offset: number): number {
    return this.#registers[offset >> 2] ?? 0;
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case PORT.listLow:
        return this.#set(offset, value & ~0x3ff);
      case PORT.fisLow:
        return this.#set(offset, value & ~0xff);
      case PORT.interruptStatus:
      case PORT.sataError:
        return this.#set(offset, this.read(offset) & ~value);
      case PORT.interruptEnable:
        return this.#set(offset, value & 0xfdc000ff);
      case PORT.command:
        return this.#command(value);
      case PORT.active:
      case PORT.issue:
        // Commands are taken, and stay: no device completes them.
        if ((this.read(PORT.command) & COMMAND.start) !== 0) this.#set(offset, this.read(offset) | value);
        return;
      case PORT.listHigh:
      case PORT.fisHigh:
      case PORT.sataControl:
        return this.#set(offset, value);
      default:
      // Status registers are read-only.
    }
  }

  #command(value: number): void {
    const kept = value & ~(COMMAND.fisRunning | COMMAND.listRunning);
    const running =
      ((value & COMMAND.fisReceive) === 0 ? 0 : COMMAND.fisRunning) |
      ((value & COMMAND.start) === 0 ? 0 : COMMAND.listRunning);
    this.#set(PORT.command, kept | running);
    if ((value & COMMAND.start) === 0) {
      this.#set(PORT.active, 0);
      this.#set(PORT.issue, 0);
    }
  }

  #set(offset: number, value: number): void {
    this.#registers[offset >> 2] = value >>> 0;
  }
}

export class AhciController {
  readonly subject: PciFunction;
  readonly #ports: readonly AhciPort[] = Array.from({ length: PORT_COUNT }, () => new AhciPort());
  readonly #interrupt: IrqLine;
  #control: number = CONTROL.ahci;
  #index = 0;

  constructor(device: DeviceContext, pci: Pci, regions: MemoryRegions) {
    this.subject = pci.plug({
      device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_IDS.ahci,
      classId: CLASS.storageSata,
      programmingInterface: 1,
      revision: REVISION,
      interruptPin: 1,
      reset: () => this.#reset(),
    });
    this.#interrupt = this.subject.interrupt;
    const { config } = this.subject;
    this.subject.addBar(4, "io", this.#indexPorts(regions));
    this.subject.addBar(5, "memory", this.#memory(regions));
    // Where index and data are: dword 4 of BAR 4 (§2.4 of the serial ATA capability).
    const sata = this.subject.addCapability(CAPABILITY.sata, 8, 0xa8);
    config.set16(sata + 2, 0x10);
    config.set32(sata + 4, (IDP.index << 2) | 0x8);
    this.subject.addMsi({ offset: 0x80 });
    // The port mapping register (§15.1.28): AHCI mode.
    config.set8(0x90, 0x40);
  }

  #reset(): void {
    this.subject.config.set8(0x90, 0x40);
    this.#control = CONTROL.ahci;
    this.#index = 0;
    for (const port of this.#ports) port.reset();
    this.#updateInterrupt();
  }

  #memory(regions: MemoryRegions): MemoryRegion {
    return regions.io("ahci", byteLength(ABAR_LENGTH), {
      valid: { min: 1, max: 8 },
      impl: { min: 4, max: 4 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    });
  }

  #indexPorts(regions: MemoryRegions): MemoryRegion {
    return regions.io("ahci-idp", byteLength(IDP_LENGTH), {
      read: (offset) => (offset === IDP.index ? this.#index : offset === IDP.data ? this.#read(this.#index) : 0),
      write: (offset, value) => {
        if (offset === IDP.index) this.#index = value & (ABAR_LENGTH - 4);
        if (offset === IDP.data) this.#write(this.#index, value);
      },
    });
  }

  #read(offset: number): number {
    if (offset >= PORTS_START) return this.#portAt(offset)?.read(offset % PORT_LENGTH) ?? 0;
    switch (offset) {
      case HBA.capabilities:
        return CAPABILITIES;
      case HBA.control:
        return this.#control >>> 0;
      case HBA.status:
        return this.#pending;
      case HBA.implemented:
        return 2 ** PORT_COUNT - 1;
      case HBA.version:
        return VERSION;
      default:
        return 0;
    }
  }

  #write(offset: number, value: number): void {
    if (offset >= PORTS_START) this.#portAt(offset)?.write(offset % PORT_LENGTH, value);
    else if (offset === HBA.control) {
      if ((value & CONTROL.reset) !== 0) this.#reset();
      else this.#control = (value & CONTROL.interrupts) | CONTROL.ahci;
    }
    this.#updateInterrupt();
  }

  #portAt(offset: number): AhciPort | undefined {
    return this.#ports[Math.floor((offset - PORTS_START) / PORT_LENGTH)];
  }

  get #pending(): number {
    return this.#ports.reduce((bits, port, index) => (port.interrupting ? bits | (1 << index) : bits), 0);
  }

  #updateInterrupt(): void {
    this.#interrupt.set((this.#control & CONTROL.interrupts) !== 0 && this.#pending !== 0);
  }
}
