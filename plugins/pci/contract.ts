/**
 * PCI: buses, bridges, functions. A device class plugs its function while it is realized:
 *
 *     realize() {
 *       const card = this.pci.plug({ device: this.device, vendorId: 0x1234, deviceId: 0x11e8, classId: 0x00ff });
 *       card.addBar(0, "memory", this.regions.io("edu-mmio", byteLength(0x100000), this));
 *       card.addMsi();
 *     }
 *
 * with `...pciProperties` among the properties of its type and `bus: "PCI"`. What it plugs goes when the device goes.
 */
import {
  token,
  type AddressSpace,
  type Bus,
  type DeviceContext,
  type Disposable,
  type IrqLine,
  type MemoryRegion,
} from "backplane";
import type { PciDeviceState } from "./device-state.ts";

export { PCI_BUSES } from "./query-pci-schema.ts";
export * from "./registers.ts";
export {
  addErrorReporting,
  addExpress,
  EXPRESS_AT,
  EXPRESS_SLOT,
  type ExpressOptions,
  type LinkOptions,
  type LinkSpeed,
  linkStatus,
} from "./express.ts";
export { requesterOnBus } from "./requester.ts";
export { bridgeProperties, pciProperties, type PciPropertyTable } from "./properties.ts";

/** A function's place: slot and function number, `slot * 8 + function`. */
export type DevFn = number;

/** From `first` to `last`, both included. */
export interface PciRange {
  readonly first: number;
  readonly last: number;
}

/** What the registers of the header say about a function. */
export interface PciIdentity {
  readonly vendorId: number;
  readonly deviceId: number;
  /** Class and subclass: 0x0601 is an ISA bridge. */
  readonly classId: number;
  readonly programmingInterface?: number;
  readonly revision?: number;
  /** Default 1af4:1100; a bridge has none in its header. */
  readonly subsystemVendorId?: number;
  readonly subsystemId?: number;
}

export interface PciFunctionRequest extends PciIdentity {
  readonly device: DeviceContext;
  /** INTA is 1. Default 0: the function interrupts by message only, or never. */
  readonly interruptPin?: 0 | 1 | 2 | 3 | 4;
  /** Has 4 KiB of configuration space. Its capability is added with `addExpress`. */
  readonly express?: boolean;
  /** Makes it a bridge with a bus behind it. */
  readonly bridge?: PciBridgeRequest;
  /** Where the machine itself puts it; otherwise the property `addr` says, or the first free slot is taken. */
  readonly devfn?: DevFn;
  /** Instead of the property. */
  readonly multifunction?: boolean;
  /** The ROM that the device has unless `romfile` names another, or none. */
  readonly rom?: PciOwnRom;
  /** Before the guest reads: the time to bring registers up to date that nobody else sees. */
  configReading?(offset: number, size: number): void;
  /** After the guest wrote configuration registers and the writable bits have changed. */
  configWritten?(offset: number, size: number, value: number): void;
  /** At machine reset, after the header has been reset. */
  reset?(): void;
}

/** A ROM of the peer's, of which name and length are known. */
export interface PciOwnRom {
  /** Of the region: `vga.rom`. */
  readonly name: string;
  /** What `romfile` is where nobody says. */
  readonly file: string;
  readonly length: number;
}

export interface PciBridgeRequest {
  /** The name of the device's state in migrations, behind which the bus stands there. */
  readonly stateName?: string;
  /** Name of the bus behind it; default the device's id, or `pci.N`/`pcie.N` where it has none. */
  readonly busName?: string;
  readonly express: boolean;
  /** Only slot 0 exists behind a root or downstream port. */
  readonly singleSlot?: boolean;
  /** Who handles devices that come and go while the machine runs, unless ACPI takes over. */
  readonly hotplug?: PciHotplug;
}

/** How devices come and go on a bus while the machine runs. */
export interface PciHotplug {
  readonly name: string;
  /** Milliseconds of virtual time that the guest has to let go of a device before it may be asked again; absent: at any time. */
  readonly patience?: number;
  /** Why a device cannot come now, in the peer's words. Before anything of it is plugged. */
  refuses?(bus: PciBus): string | undefined;
  /** After the function was plugged. */
  plugged(candidate: PciFunction): void;
  /** After the function has left the bus. */
  unplugged?(candidate: PciFunction): void;
  /** The host's user wants it gone: tell the guest. The guest's answer ends in `Devices.remove`. Throws with the peer's text. */
  unplugRequested(candidate: PciFunction): void;
}

/** A function's registers. `set…` and `get…` are the device's own access, to which nothing is read-only. */
export interface PciConfigSpace {
  readonly size: number;
  get8(offset: number): number;
  get16(offset: number): number;
  get32(offset: number): number;
  set8(offset: number, value: number): void;
  set16(offset: number, value: number): void;
  set32(offset: number, value: number): void;
  /** Which bits of `size` bytes at `offset` the guest may change; replaces what was said before. */
  setWritable(offset: number, size: 1 | 2 | 4, mask: number): void;
  writable(offset: number, size: 1 | 2 | 4): number;
  /** Bits that the guest clears by writing ones. */
  setClearable(offset: number, size: 1 | 2 | 4, mask: number): void;
  /** A copy, for dumps and migration. */
  bytes(): Uint8Array;
}

export type PciBarKind = "io" | "memory" | "memory64" | "prefetchable" | "prefetchable64";

export interface PciBar {
  /** 0 to 5; 6 is the expansion ROM. */
  readonly index: number;
  readonly kind: PciBarKind | "rom";
  readonly region: MemoryRegion;
  readonly size: number;
  /** Where it is mapped on its bus; undefined while decoding is off or the address is not usable. */
  readonly address: number | undefined;
}

export interface PciMsi {
  readonly enabled: boolean;
  /** Sends message `vector`: a write of 32 bits to the address that the guest programmed. Does nothing while disabled. */
  send(vector: number): void;
}

export interface PciMsix extends PciMsi {
  /** A message that waits because it is masked is forgotten. */
  clearPending(vector: number): void;
  /** The table, then the pending bits: what a migration carries of them; `msixField` puts it into a device's state. */
  captureState(): Uint8Array;
  restoreState(bytes: Uint8Array): void;
}

/** Windows of a bridge as they are programmed, open or not; `last < first` is a closed window. */
export interface PciWindows {
  readonly io: PciRange;
  readonly memory: PciRange;
  readonly prefetchable: PciRange;
}

/** A plugged function. */
export interface PciFunction {
  readonly device: DeviceContext;
  /** The driver's name: `pcie-root-port`. */
  readonly typeName: string;
  readonly bus: PciBus;
  readonly devfn: DevFn;
  /** 0 to 31. */
  readonly slot: number;
  /** 0 to 7. */
  readonly number: number;
  readonly config: PciConfigSpace;
  readonly express: boolean;
  readonly multifunction: boolean;
  readonly vendorId: number;
  readonly deviceId: number;
  readonly classId: number;
  /** In order of their index. */
  readonly bars: readonly PciBar[];
  /** The bus behind it, if it is a bridge. */
  readonly secondary: PciBus | undefined;
  readonly windows: PciWindows | undefined;
  /** Devices of its type may come and go, if the bus permits. */
  readonly hotpluggable: boolean;
  readonly hotplugged: boolean;
  /** The property `acpi-index`; 0 is none. */
  readonly acpiIndex: number;
  /** Path for RAM block names and migration sections: `0000:00:02.0`, behind a bridge `0000:00:02.0:00.0`. */
  readonly path: string;
  /** Bus, device and function as the fabric sees them now: `bus << 8 | devfn`. */
  readonly requesterId: number;
  /** Bus Master Enable. */
  readonly busMaster: boolean;

  /** Declares a base address register; the region's size, a power of two, is the register's. */
  addBar(index: number, kind: PciBarKind, region: MemoryRegion): PciBar;
  addRom(region: MemoryRegion): PciBar;
  /** Reserves `size` bytes for a capability, links it, and returns its place. Without `offset` it is put in the first gap. */
  addCapability(id: number, size: number, offset?: number): number;
  /** The same in the extended space of an Express function. */
  addExtendedCapability(id: number, version: number, size: number, offset: number): number;
  findCapability(id: number): number | undefined;
  /**
   * The power management capability: `capabilities` are the bits of its PMC register, `writable` those of its control
   * register besides the state. Out of D0 the function decodes nothing. Returns its place.
   */
  addPowerManagement(options: {
    readonly offset?: number;
    readonly capabilities: number;
    readonly writable: number;
  }): number;
  addMsi(options?: {
    readonly vectors?: 1 | 2 | 4 | 8 | 16 | 32;
    readonly offset?: number;
    readonly bits64?: boolean;
    readonly perVectorMask?: boolean;
  }): PciMsi;
  /** A BAR of its own (`NAME-msix`) with the table and the pending bits; `pendingOffset` is half of the BAR by default. */
  addMsix(
    vectors: number,
    barIndex: number,
    options?: { readonly offset?: number; /** Of the BAR. */ readonly length?: number },
  ): PciMsix;
  /** The pin that `interruptPin` named; unconnected when there is none. */
  readonly interrupt: IrqLine;

  /** What it sees of memory as bus master, through an IOMMU where there is one; nothing while it may not be. */
  readonly memory: AddressSpace;
  /** DMA: 0 and false when Bus Master Enable is off, which is the guest's fault and logged. */
  readMemory(address: number, into: Uint8Array): boolean;
  writeMemory(address: number, from: Uint8Array): boolean;

  /** Power-on values for all registers, of the function and of what is behind it: a function level reset. */
  reset(): void;

  /** What a migration carries of it; `pciDeviceField` puts it into the state of the device. */
  captureState(): PciDeviceState;
  /** Has everything follow that depends on the registers: BARs, windows, messages, pins. */
  restoreState(state: PciDeviceState): void;

  /** The guest was asked to let go of it, and still has time to. */
  readonly isLeaving: boolean;
  /** What `Device.unplug` of a PCI device does: asks the guest through the bus's hot-plug. Throws with the peer's text. */
  requestUnplug(): void;
}

/** A bus. `kinds` is `["PCIE", "PCI"]` or `["PCI"]`. */
export interface PciBus extends Bus {
  readonly express: boolean;
  /** 0 for the root bus, the secondary bus number that the firmware wrote behind a bridge (0 before). */
  readonly number: number;
  readonly segment: number;
  /** The bridge in front; undefined for a root bus. */
  readonly bridge: PciFunction | undefined;
  readonly root: PciRootBus;
  /** In the order in which they were plugged. */
  readonly functions: readonly PciFunction[];
  /** Behind the bridges on this bus, in the order of the peer's list: youngest first. */
  readonly children: readonly PciBus[];
  readonly memory: MemoryRegion;
  readonly io: MemoryRegion;
  readonly hotplug: PciHotplug | undefined;
  at(devfn: DevFn): PciFunction | undefined;
  /** Replaces who handles hot-plug, as ACPI does for buses that were there at the start. */
  setHotplug(hotplug: PciHotplug | undefined): void;
}

export interface PciRootBusRequest {
  /** `pcie.0`. */
  readonly name: string;
  readonly express: boolean;
  readonly memory: MemoryRegion;
  readonly io: MemoryRegion;
  /** Number of an expander's bus; default 0. */
  readonly number?: number;
  /** Why a device cannot be hot-plugged on the root bus itself: `Bus 'pcie.0' does not support hotplugging`. */
  readonly hotplug?: PciHotplug;
  /** Slots that `addr`-less devices do not get. */
  readonly reservedSlots?: readonly number[];
  readonly bypassIommu?: boolean;
}

/** Where interrupt pins of a root bus lead. */
export interface PciInterruptRouter {
  readonly lines: number;
  /** The line for pin 0 (INTA) to 3 of a function on the root bus. */
  lineOf(source: PciFunction, pin: number): number;
  /** The wired OR of all functions on the line has changed. */
  set(line: number, level: boolean): void;
}

export interface PciRootBus extends PciBus, Disposable {
  readonly bypassIommu: boolean;
  /** For how many functions each line of the router is high. */
  readonly lineCounts: readonly number[];
  routeInterrupts(router: PciInterruptRouter): void;
  /** The level of a line of the router. */
  lineLevel(line: number): boolean;
}

/** PCI Local Bus Specification 3.0 §3.2.2.3.2: an address register and a window on the register that it names. */
export interface PciConfigPorts {
  readonly index: MemoryRegion;
  readonly data: MemoryRegion;
  /** The address register. */
  address: number;
}

/** The machine's PCI. */
/** Stands between the functions of a machine and its memory. */
export interface PciIommu {
  /** What a function sees of memory; undefined: all of it. Asked once per function, when the machine is complete. */
  spaceOf(subject: PciFunction): AddressSpace | undefined;
}

export interface Pci {
  /** In the order in which host bridges were made. */
  readonly roots: readonly PciRootBus[];
  addRootBus(request: PciRootBusRequest): PciRootBus;
  /** Finds the place that the device asks for, and puts the function there. Throws with the peer's texts. */
  plug(request: PciFunctionRequest): PciFunction;
  /** Every bus, parents before children. */
  buses(): readonly PciBus[];
  /** Every function, bus by bus. */
  functions(): readonly PciFunction[];
  /** Finds a bus below `root` by the number that the firmware gave it, as a configuration access is routed. */
  busByNumber(root: PciBus, number: number): PciBus | undefined;
  /**
   * A guest's access to configuration space, as host bridges make it: `address` is `bus << 16 | devfn << 8 | offset`
   * (or `<< 20` and `<< 12` with `extended`). What is not there reads as ones.
   */
  readConfig(root: PciBus, address: number, size: 1 | 2 | 4, extended?: boolean): number;
  writeConfig(root: PciBus, address: number, value: number, size: 1 | 2 | 4, extended?: boolean): void;
  /** The ports 0xcf8 (`pci-conf-idx`) and 0xcfc (`pci-conf-data`) of a host bridge. */
  configPorts(root: PciBus): PciConfigPorts;
  /** The memory-mapped configuration space of a host bridge (`pcie-mmcfg-mmio`), 256 MiB. */
  mmConfig(root: PciBus): MemoryRegion;
  /** There is at most one; it must come before the machine is complete. */
  useIommu(iommu: PciIommu): Disposable;
  /** Hears of each function after it was plugged, and before it is unplugged. */
  onChange(listener: (subject: PciFunction, change: "plugged" | "unplugging") => void): Disposable;
}

export const PCI = token<Pci>("PCI");

export { msixField, PCI_DEVICE, pciDeviceField, type PciDeviceState } from "./device-state.ts";
