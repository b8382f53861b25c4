import {
  guestAddress,
  isPowerOfTwo,
  UNCONNECTED,
  WHOLE_SPACE,
  type AccessAttributes,
  type AddressSpace,
  type Clock,
  type DeviceContext,
  type IrqLine,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import { Bar, ROM_INDEX } from "./bar.ts";
import { BusMaster, requester } from "./bus-master.ts";
import { type BusDevice, SecondaryBusDevice } from "./bus.ts";
import { Capabilities } from "./capabilities.ts";
import { ConfigSpace } from "./config-space.ts";
import type {
  PciBar,
  PciBarKind,
  PciBridgeRequest,
  PciFunction,
  PciFunctionRequest,
  PciMsi,
  PciMsix,
  PciWindows,
} from "./contract.ts";
import type { PciDeviceState } from "./device-state.ts";
import { pciErrors } from "./errors.ts";
import { EXPRESS_AT } from "./express.ts";
import { initializeBridge, initializeEndpoint, initializeHeader, resetBridge } from "./header.ts";
import { InterruptPin } from "./interrupts.ts";
import { Msi, Msix, MSIX_LENGTH, msiLength } from "./msi.ts";
import {
  BRIDGE_CONTROL,
  BRIDGE_REG,
  CAPABILITY,
  COMMAND,
  CONFIG_SIZE,
  EXTENDED_CONFIG_SIZE,
  HEADER_BRIDGE,
  REG,
  STATUS,
} from "./registers.ts";
import { POWER_LENGTH, PowerManagement } from "./power.ts";
import { requesterOnBus } from "./requester.ts";
import { BridgeWindows } from "./windows.ts";

/** What of the header every machine has alike (PCI Local Bus Specification 3.0 §6.1). */
const COMPARED = [
  { offset: REG.vendorId, size: 4, mask: 0xff },
  { offset: REG.status, size: 1, mask: STATUS.capabilities },
  { offset: REG.revision, size: 4, mask: 0xff },
  { offset: REG.headerType, size: 1, mask: 0xff },
  { offset: REG.capabilities, size: 1, mask: 0xff },
] as const;
const PIN_COUNT = 4;
const NANOSECONDS_PER_MILLISECOND = 1e6;
const STATE_VERSION = 2;

export interface FunctionServices {
  readonly clock: Clock;
  readonly regions: MemoryRegions;
  readonly system: AddressSpace;
}

/** A place on a bus, with everything that a guest can do to it. */
export class PciFunctionDevice implements PciFunction {
  readonly device: DeviceContext;
  readonly bus: BusDevice;
  readonly devfn: number;
  readonly config: ConfigSpace;
  readonly express: boolean;
  readonly multifunction: boolean;
  readonly acpiIndex: number;
  readonly interrupt: IrqLine;
  readonly #request: PciFunctionRequest;
  readonly #services: FunctionServices;
  /** Milliseconds of virtual time. */
  #leavesUntil: number | undefined;
  readonly #capabilities: Capabilities;
  readonly #bars = new Map<number, Bar>();
  readonly #messages: (Msi | Msix)[] = [];
  readonly #pin: InterruptPin;
  /** Messages are on, in one of their ways. */
  #isMessaging = false;
  readonly #master: BusMaster;
  #power: PowerManagement | undefined;
  #windows: BridgeWindows | undefined;
  #secondary: SecondaryBusDevice | undefined;

  constructor(request: PciFunctionRequest, bus: BusDevice, devfn: number, services: FunctionServices) {
    const { device } = request;
    const { properties } = device;
    this.#request = request;
    this.#services = services;
    this.device = device;
    this.bus = bus;
    this.devfn = devfn;
    this.express = request.express === true;
    this.multifunction = request.multifunction ?? properties["multifunction"] === true;
    this.acpiIndex = Number(properties["acpi-index"] ?? 0);
    this.config = new ConfigSpace(this.express ? EXTENDED_CONFIG_SIZE : CONFIG_SIZE);
    this.#capabilities = new Capabilities(this.config, this.typeName, () => this.path);
    initializeHeader(this.config, request, this.multifunction);
    if (request.bridge === undefined) initializeEndpoint(this.config, request);
    else initializeBridge(this.config, request.bridge);
    const pin = request.interruptPin ?? 0;
    this.config.set8(REG.interruptPin, pin);
    this.#pin = new InterruptPin(() => this.#interruptChanged());
    this.interrupt = pin === 0 ? UNCONNECTED : this.#pin;
    this.#master = new BusMaster(device, services.regions, this.typeName);
  }

  /** Makes the bus behind a bridge, once the bridge has its place. */
  openBridge(name: string, bridge: PciBridgeRequest): SecondaryBusDevice {
    const windows = new BridgeWindows(this.#services.regions, this.config, this.bus, WHOLE_SPACE);
    this.device.own(windows.close());
    this.#windows = windows;
    this.#secondary = new SecondaryBusDevice(
      { name, express: bridge.express, memory: windows.memorySpace, io: windows.ioSpace, hotplug: bridge.hotplug },
      this,
      bridge.singleSlot === true,
    );
    return this.#secondary;
  }

  get typeName(): string {
    return this.device.type.name;
  }

  get slot(): number {
    return this.devfn >> 3;
  }

  get number(): number {
    return this.devfn & 7;
  }

  get vendorId(): number {
    return this.config.get16(REG.vendorId);
  }

  get deviceId(): number {
    return this.config.get16(REG.deviceId);
  }

  get classId(): number {
    return this.config.get16(REG.classId);
  }

  get isBridge(): boolean {
    return (this.config.get8(REG.headerType) & HEADER_BRIDGE) !== 0;
  }

  get bars(): readonly Bar[] {
    return [...this.#bars.values()].sort((left, right) => left.index - right.index);
  }

  get secondary(): SecondaryBusDevice | undefined {
    return this.#secondary;
  }

  get windows(): PciWindows | undefined {
    return this.#windows;
  }

  get hotpluggable(): boolean {
    return this.device.type.hotpluggable !== false;
  }

  get hotplugged(): boolean {
    return this.device.hotplugged;
  }

  get path(): string {
    const place = `${this.slot.toString(16).padStart(2, "0")}.${this.number}`;
    const { bridge } = this.bus;
    return bridge === undefined
      ? `0000:${this.bus.number.toString(16).padStart(2, "0")}:${place}`
      : `${bridge.path}:${place}`;
  }

  get requesterId(): number {
    return (this.bus.number << 8) | this.devfn;
  }

  get busMaster(): boolean {
    return (this.config.get16(REG.command) & COMMAND.master) !== 0;
  }

  addBar(index: number, kind: PciBarKind, region: MemoryRegion): PciBar {
    const last = this.isBridge ? 1 : 5;
    if (index < 0 || index > last) throw pciErrors.PCI_BAR_INVALID(this.typeName, index, `there are 0 to ${last}`);
    return this.#addBar(index, kind, REG.bar0 + 4 * index, region);
  }

  addRom(region: MemoryRegion): PciBar {
    return this.#addBar(ROM_INDEX, "rom", this.isBridge ? BRIDGE_REG.rom : REG.rom, region);
  }

  addCapability(id: number, size: number, offset?: number): number {
    return this.#capabilities.add(id, size, offset);
  }

  addExtendedCapability(id: number, version: number, size: number, offset: number): number {
    return this.#capabilities.addExtended(id, version, size, offset);
  }

  findCapability(id: number): number | undefined {
    return this.#capabilities.find(id);
  }

  addPowerManagement(options: Parameters<PciFunction["addPowerManagement"]>[0]): number {
    const at = this.addCapability(CAPABILITY.powerManagement, POWER_LENGTH, options.offset);
    this.#power = new PowerManagement(this.config, at, options.capabilities, options.writable);
    return at;
  }

  addMsi(options: Parameters<PciFunction["addMsi"]>[0] = {}): PciMsi {
    const shape = {
      vectors: options.vectors ?? 1,
      bits64: options.bits64 ?? true,
      perVectorMask: options.perVectorMask ?? false,
    };
    const at = this.addCapability(CAPABILITY.msi, msiLength(shape), options.offset);
    const msi = new Msi(this.config, at, shape, (address, data) => this.#sendMessage(address, data));
    this.#messages.push(msi);
    return msi;
  }

  addMsix(
    vectors: number,
    barIndex: number,
    options: { readonly offset?: number; readonly length?: number } = {},
  ): PciMsix {
    const at = this.addCapability(CAPABILITY.msix, MSIX_LENGTH, options.offset);
    const send = (address: number, data: number): void => this.#sendMessage(address, data);
    const bar = { index: barIndex, name: `${this.typeName}-msix`, length: options.length };
    const msix = new Msix(this.config, at, vectors, bar, this.#services.regions, send);
    this.#messages.push(msix);
    this.addBar(barIndex, "memory", msix.container);
    return msix;
  }

  get memory(): AddressSpace {
    return this.#master.space;
  }

  /** The machine is complete, and what stands between the function and memory is known. */
  connectMemory(memory: MemoryRegion): void {
    this.#master.connect(memory);
  }

  readMemory(address: number, into: Uint8Array): boolean {
    if (!this.#mayMaster()) return false;
    // Registers have 64 bits; no memory lies where a number is no longer exact.
    if (Number.isSafeInteger(address)) this.#master.space.read(guestAddress(address), into, this.#requester);
    else into.fill(0);
    return true;
  }

  writeMemory(address: number, from: Uint8Array): boolean {
    if (!this.#mayMaster()) return false;
    if (Number.isSafeInteger(address)) this.#master.space.write(guestAddress(address), from, this.#requester);
    return true;
  }

  requestUnplug(): void {
    const { hotplug } = this.bus;
    if (hotplug === undefined || this.bus.refuses(true) !== undefined)
      throw pciErrors.PCI_UNPLUG_UNSUPPORTED(this.bus.name);
    hotplug.unplugRequested(this);
    if (hotplug.patience !== undefined) this.#leavesUntil = this.#milliseconds + hotplug.patience;
  }

  /** As in the peer a term of 0, which is what ACPI gives before the machine's first millisecond, never ends. */
  get isLeaving(): boolean {
    const until = this.#leavesUntil;
    return until !== undefined && (until === 0 || until > this.#milliseconds);
  }

  get #milliseconds(): number {
    return Math.floor(this.#services.clock.now / NANOSECONDS_PER_MILLISECOND);
  }

  /** The guest's access. A function other than 0 of a hot-plugged slot is invisible until function 0 has come. */
  read(offset: number, size: 1 | 2 | 4): number {
    if (!this.#isVisible || offset >= this.config.size) return 2 ** (8 * size) - 1;
    this.#request.configReading?.(offset, size);
    if (offset + size <= this.config.size) return this.config.read(offset, size);
    let value = 0;
    for (let index = 0; offset + index < this.config.size; index++)
      value |= this.config.get8(offset + index) << (8 * index);
    return value >>> 0;
  }

  write(offset: number, value: number, size: 1 | 2 | 4): void {
    if (!this.#isVisible || offset >= this.config.size) return;
    const control = this.isBridge ? this.config.get16(BRIDGE_REG.control) : 0;
    this.#services.regions.transaction(() => {
      if (offset + size <= this.config.size) this.config.write(offset, size, value);
      else {
        for (let index = 0; offset + index < this.config.size; index++) {
          this.config.write(offset + index, 1, (value >>> (8 * index)) & 0xff);
        }
      }
      this.#written(offset, size);
      this.#request.configWritten?.(offset, size, value);
    });
    if (!this.isBridge) return;
    const raised = ~control & this.config.get16(BRIDGE_REG.control);
    if ((raised & BRIDGE_CONTROL.busReset) !== 0) for (const behind of this.secondary?.functions ?? []) behind.reset();
  }

  /** Power-on or hot reset. */
  reset(): void {
    this.#services.regions.transaction(() => {
      this.#pin.set(false);
      this.config.clearWritten16(REG.command);
      this.config.clearWritten16(REG.status);
      this.config.set8(REG.cacheLineSize, 0);
      this.config.set8(REG.interruptLine, 0);
      for (const bar of this.#bars.values()) bar.reset();
      for (const message of this.#messages) message.reset();
      this.#power?.reset();
      if (this.isBridge) resetBridge(this.config);
      this.#request.reset?.();
      this.#refresh();
    });
    for (const behind of this.#secondary?.functions ?? []) behind.reset();
  }

  captureState(): PciDeviceState {
    const compared = new Uint8Array(this.config.size);
    for (const { offset, size, mask } of COMPARED) compared.fill(mask, offset, offset + size);
    for (const { offset, size } of this.#capabilities.extents) compared.fill(0xff, offset, offset + size);
    // What both ends of a link agree on depends on what is plugged.
    const express = this.findCapability(CAPABILITY.express);
    if (express !== undefined) compared.fill(0, express + EXPRESS_AT.linkStatus, express + EXPRESS_AT.linkStatus + 2);
    const pins = Buffer.alloc(4 * PIN_COUNT);
    const pin = this.config.get8(REG.interruptPin);
    if (pin !== 0) pins.writeUInt32BE(Number(this.#pin.level), 4 * (pin - 1));
    const expected = this.config.bytes();
    return {
      version: STATE_VERSION,
      express: this.express,
      config: expected.slice(),
      pins,
      expected,
      compared,
      ...this.config.masks,
    };
  }

  restoreState({ config, pins }: PciDeviceState): void {
    this.#services.regions.transaction(() => {
      this.config.replace(config);
      this.#power?.written();
      this.#mapBars();
      this.#master.setEnabled(this.busMaster);
      this.#windows?.update();
      this.#adoptPin(Buffer.from(pins));
      for (const message of this.#messages) message.written();
      this.#isMessaging = this.#messages.some(({ enabled }) => enabled);
    });
  }

  /** Interrupt controllers remember the levels of their inputs by themselves. */
  #adoptPin(levels: Buffer): void {
    const pin = this.config.get8(REG.interruptPin);
    if (pin === 0 || pin > PIN_COUNT) return;
    const level = levels.readUInt32BE(4 * (pin - 1)) !== 0;
    this.#pin.adopt(level);
    const disabled = (this.config.get16(REG.command) & COMMAND.interruptDisable) !== 0;
    this.bus.root.lines.adopt(this, pin - 1, level && !disabled);
  }

  /** Takes everything of the function out of the machine's address spaces. */
  detach(): void {
    this.#services.regions.transaction(() => {
      this.#pin.set(false);
      for (const bar of this.#bars.values()) bar.update(false);
    });
  }

  get #isVisible(): boolean {
    return !this.hotplugged || this.bus.at(this.devfn & ~7) !== undefined;
  }

  #written(offset: number, size: number): void {
    const touches = (start: number, length: number): boolean => offset < start + length && start < offset + size;
    const commands = touches(REG.command, 2);
    const wasOn = this.#power?.isOn;
    if (offset + size > 0x40) this.#power?.written();
    if (
      commands ||
      wasOn !== this.#power?.isOn ||
      touches(REG.bar0, 24) ||
      touches(REG.rom, 4) ||
      touches(BRIDGE_REG.rom, 4)
    )
      this.#mapBars();
    if (commands) {
      this.#interruptChanged();
      this.#master.setEnabled(this.busMaster);
    }
    if (
      this.#windows !== undefined &&
      (commands ||
        touches(BRIDGE_REG.ioBase, 2) ||
        touches(BRIDGE_REG.memoryBase, 20) ||
        touches(BRIDGE_REG.control, 2))
    ) {
      this.#windows.update();
    }
    if (offset + size > 0x40) this.#messagesWritten();
  }

  /** Who is switched over to messages lets go of its pin (PCI Local Bus Specification 3.0 §6.8.1.3). */
  #messagesWritten(): void {
    for (const message of this.#messages) message.written();
    const isMessaging = this.#messages.some(({ enabled }) => enabled);
    if (isMessaging && !this.#isMessaging) this.#pin.set(false);
    this.#isMessaging = isMessaging;
  }

  #refresh(): void {
    this.#isMessaging = false;
    this.#mapBars();
    this.#interruptChanged();
    this.#master.setEnabled(this.busMaster);
  }

  #mapBars(): void {
    const isOn = this.#power?.isOn ?? true;
    for (const bar of this.#bars.values()) bar.update(isOn);
  }

  #addBar(index: number, kind: PciBarKind | "rom", register: number, region: MemoryRegion): Bar {
    if (this.#bars.has(index)) throw pciErrors.PCI_BAR_INVALID(this.typeName, index, "declared twice");
    if (!isPowerOfTwo(region.size))
      throw pciErrors.PCI_BAR_INVALID(this.typeName, index, `${region.size} bytes are no power of two`);
    const space = kind === "io" ? this.bus.io : this.bus.memory;
    const bar = new Bar(this.config, register, index, kind, region, space);
    this.#bars.set(index, bar);
    return bar;
  }

  #interruptChanged(): void {
    const { level } = this.#pin;
    const status = this.config.get16(REG.status);
    this.config.set16(REG.status, level ? status | STATUS.interrupt : status & ~STATUS.interrupt);
    const disabled = (this.config.get16(REG.command) & COMMAND.interruptDisable) !== 0;
    const pin = this.config.get8(REG.interruptPin);
    if (pin !== 0) this.bus.root.lines.drive(this, pin - 1, level && !disabled);
  }

  get #requester(): AccessAttributes {
    const { bus, devfn } = requesterOnBus(this);
    return requester(bus.number, devfn);
  }

  #mayMaster(): boolean {
    if (this.busMaster) return true;
    this.device.log.warn("DMA while bus mastering is off");
    return false;
  }

  #sendMessage(address: number, data: number): void {
    if (!Number.isSafeInteger(address) || !this.#mayMaster()) return;
    this.#master.space.store(guestAddress(address), data, 4, this.#requester);
  }
}
