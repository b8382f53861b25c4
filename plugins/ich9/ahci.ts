// Function 1f.2: Serial ATA AHCI specification 1.3.1 §3 (registers) and §10.14 (index and data ports); ICH9 datasheet
// (316972) §15.
import {
  byteLength,
  type DeviceContext,
  type DeviceType,
  type MemoryRegion,
  type MemoryRegionOps,
  type MemoryRegions,
} from "backplane";
import type { Ide } from "backplane/plugins/ide/contract";
import {
  CAPABILITY,
  CLASS,
  pciProperties,
  type Pci,
  type PciDeviceState,
  type PciFunction,
  type PciMsi,
} from "backplane/plugins/pci/contract";
import { AhciPort, type AhciPortState } from "./ahci-port.ts";
import {
  ABAR_LENGTH,
  CAPABILITIES,
  CONTROL,
  HBA,
  PORT_COUNT,
  PORT_LENGTH,
  PORTS_START,
  VERSION,
} from "./ahci-registers.ts";
import { DEVICE_IDS, REVISION, VENDOR_INTEL } from "./registers.ts";

const IDP_LENGTH = 0x20;
/** Index and data, in the block of ports. */
const IDP = { index: 0x10, data: 0x14 } as const;

export const ahciType = {
  name: "ich9-ahci",
  bus: "PCI",
  category: "storage",
  alias: "ahci",
  parts: { "ahci[0]": "child<memory-region>", "ahci-idp[0]": "child<memory-region>" },
  properties: { ...pciProperties },
} satisfies DeviceType;

/** What a migration carries. */
export interface AhciState {
  readonly pci: PciDeviceState;
  ports: AhciPortState[];
  capabilities: number;
  control: number;
  status: number;
  implemented: number;
  version: number;
  index: number;
}

export class AhciController {
  readonly subject: PciFunction;
  readonly #ports: readonly AhciPort[];
  readonly #messages: PciMsi;
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
      reset: () => this.#resetFunction(),
    });
    const services = {
      readMemory: (address: number, into: Uint8Array): void => void this.subject.readMemory(address, into),
      writeMemory: (address: number, from: Uint8Array): void => void this.subject.writeMemory(address, from),
      interruptChanged: () => this.#updateInterrupt(),
      log: device.log,
    };
    this.#ports = Array.from({ length: PORT_COUNT }, () => new AhciPort(services));
    const { config } = this.subject;
    this.subject.addBar(4, "io", this.#indexPorts(regions));
    this.subject.addBar(5, "memory", regions.io("ahci", byteLength(ABAR_LENGTH), this.#memoryOps()));
    // Where index and data are: dword 4 of BAR 4 (§2.4 of the serial ATA capability).
    const sata = this.subject.addCapability(CAPABILITY.sata, 8, 0xa8);
    config.set16(sata + 2, 0x10);
    config.set32(sata + 4, (IDP.index << 2) | 0x8);
    this.#messages = this.subject.addMsi({ offset: 0x80 });
    // The port mapping register (§15.1.28): AHCI mode.
    config.set8(0x90, 0x40);
  }

  /** Puts a bus behind each port; drives without a bus of their own go onto the last first. */
  connect(ide: Ide, device: DeviceContext): void {
    for (const [index, port] of this.#ports.entries()) {
      const changed = (): void => port.resetDevice();
      port.bus = device.own(ide.addBus({ device, index, changed }));
    }
    ide.makeDrives(this.#ports.flatMap(({ bus }) => (bus === undefined ? [] : [bus])));
  }

  #resetFunction(): void {
    this.subject.config.set8(0x90, 0x40);
    this.#index = 0;
    this.#reset();
  }

  #reset(): void {
    this.#control = CONTROL.ahci;
    for (const port of this.#ports) port.reset();
    this.#updateInterrupt();
  }

  captureState(): AhciState {
    return {
      pci: this.subject.captureState(),
      ports: this.#ports.map((port) => port.captureState()),
      capabilities: CAPABILITIES,
      control: this.#control >>> 0,
      status: this.#pending,
      implemented: 2 ** PORT_COUNT - 1,
      version: VERSION,
      index: this.#index,
    };
  }

  restoreState({ pci, ports, control, index }: AhciState): void {
    this.subject.restoreState(pci);
    this.#control = control;
    this.#index = index & (ABAR_LENGTH - 4);
    for (const [at, port] of this.#ports.entries()) {
      const state = ports[at];
      if (state !== undefined) port.restoreState(state);
    }
  }

  /** Reads of any width and alignment within a register; writes only where one begins. */
  #memoryOps(): MemoryRegionOps {
    return {
      impl: { min: 1, max: 4 },
      read: (offset) => this.#readAt(offset),
      write: (offset, value) => this.#write(offset, value),
    };
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

  #readAt(offset: number): number {
    const shift = (offset & 3) * 8;
    const low = this.#read(offset & ~3) >>> shift;
    return shift === 0 ? low : (low | (this.#read((offset & ~3) + 4) << (32 - shift))) >>> 0;
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
    if ((offset & 3) !== 0) return;
    if (offset >= PORTS_START) this.#portAt(offset)?.write(offset % PORT_LENGTH, value);
    else if (offset === HBA.control) {
      if ((value & CONTROL.reset) !== 0) this.#reset();
      else {
        this.#control = (value & CONTROL.interrupts) | CONTROL.ahci;
        this.#updateInterrupt();
      }
    } else if (offset === HBA.status) this.#updateInterrupt();
  }

  #portAt(offset: number): AhciPort | undefined {
    return this.#ports[Math.floor((offset - PORTS_START) / PORT_LENGTH)];
  }

  get #pending(): number {
    return this.#ports.reduce((bits, port, index) => (port.interrupting ? bits | (1 << index) : bits), 0);
  }

  #updateInterrupt(): void {
    const level = (this.#control & CONTROL.interrupts) !== 0 && this.#pending !== 0;
    if (!this.#messages.enabled) this.subject.interrupt.set(level);
    else if (level) this.#messages.send(0);
  }
}
