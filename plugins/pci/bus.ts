import type { DeviceContext, MemoryRegion } from "backplane";
import type { PciBus, PciHotplug, PciRootBus } from "./contract.ts";
import { functionLines } from "./device-tree.ts";
import { pciErrors } from "./errors.ts";
import type { PciFunctionDevice } from "./function.ts";
import { InterruptLines } from "./interrupts.ts";
import type { PciInterruptRouter } from "./contract.ts";
import { BRIDGE_REG } from "./registers.ts";

export interface BusParts {
  readonly name: string;
  readonly express: boolean;
  readonly memory: MemoryRegion;
  readonly io: MemoryRegion;
  readonly hotplug: PciHotplug | undefined;
}

/** What both kinds of bus share: places and who is in them. */
export abstract class BusDevice implements PciBus {
  readonly name: string;
  readonly express: boolean;
  readonly kinds: readonly string[];
  readonly memory: MemoryRegion;
  readonly io: MemoryRegion;
  readonly segment = 0;
  readonly children: BusDevice[] = [];
  readonly #places = new Map<number, PciFunctionDevice>();
  #hotplug: PciHotplug | undefined;

  constructor(parts: BusParts) {
    this.name = parts.name;
    this.express = parts.express;
    this.kinds = parts.express ? ["PCIE", "PCI"] : ["PCI"];
    this.memory = parts.memory;
    this.io = parts.io;
    this.#hotplug = parts.hotplug;
  }

  abstract readonly number: number;
  abstract readonly bridge: PciFunctionDevice | undefined;
  abstract readonly root: RootBusDevice;

  /** Behind a port only slot 0 is connected: whatever is plugged there shares its function 0. */
  get singleSlot(): boolean {
    return false;
  }

  /** The peer never says "full" here: `addr`-less devices fail when they look for a slot. */
  get hasRoom(): boolean {
    return true;
  }

  get functions(): readonly PciFunctionDevice[] {
    return [...this.#places.values()];
  }

  get hotplug(): PciHotplug | undefined {
    return this.#hotplug;
  }

  setHotplug(hotplug: PciHotplug | undefined): void {
    this.#hotplug = hotplug;
  }

  refuses(hotplug: boolean): string | undefined {
    if (!hotplug) return undefined;
    if (this.#hotplug === undefined) return pciErrors.PCI_UNPLUG_UNSUPPORTED(this.name).message;
    return this.#hotplug.refuses?.(this);
  }

  describe(device: DeviceContext): readonly string[] {
    const subject = this.functions.find((candidate) => candidate.device === device);
    return subject === undefined ? [] : functionLines(subject);
  }

  at(devfn: number): PciFunctionDevice | undefined {
    return this.#places.get(devfn);
  }

  take(devfn: number, occupant: PciFunctionDevice): void {
    this.#places.set(devfn, occupant);
  }

  leave(devfn: number): void {
    this.#places.delete(devfn);
  }

  /** Slots in which a device that names none is not put. */
  isReserved(_slot: number): boolean {
    return false;
  }
}

export class RootBusDevice extends BusDevice implements PciRootBus {
  readonly number: number;
  readonly bridge = undefined;
  readonly bypassIommu: boolean;
  readonly lines: InterruptLines;
  readonly #reserved: readonly number[];
  readonly #close: () => void;

  constructor(
    parts: BusParts,
    options: { readonly number: number; readonly bypassIommu: boolean; readonly reserved: readonly number[] },
    close: () => void,
  ) {
    super(parts);
    this.number = options.number;
    this.bypassIommu = options.bypassIommu;
    this.#reserved = options.reserved;
    this.#close = close;
    this.lines = new InterruptLines(parts.name);
  }

  get root(): RootBusDevice {
    return this;
  }

  override isReserved(slot: number): boolean {
    return this.#reserved.includes(slot);
  }

  routeInterrupts(router: PciInterruptRouter): void {
    this.lines.route(router);
  }

  get lineCounts(): readonly number[] {
    return this.lines.counts;
  }

  lineLevel(line: number): boolean {
    return this.lines.level(line);
  }

  dispose(): void {
    this.#close();
  }
}

export class SecondaryBusDevice extends BusDevice {
  readonly bridge: PciFunctionDevice;
  readonly #singleSlot: boolean;

  constructor(parts: BusParts, bridge: PciFunctionDevice, singleSlot: boolean) {
    super(parts);
    this.bridge = bridge;
    this.#singleSlot = singleSlot;
  }

  override get singleSlot(): boolean {
    return this.#singleSlot;
  }

  get number(): number {
    return this.bridge.config.get8(BRIDGE_REG.secondaryBus);
  }

  get root(): RootBusDevice {
    return this.bridge.bus.root;
  }
}
