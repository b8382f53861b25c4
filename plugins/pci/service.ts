import {
  BUSES,
  CLOCK,
  disposable,
  inject,
  injectable,
  LIFECYCLE,
  MEMORY_REGIONS,
  Registry,
  RESETS,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Buses,
  type Clock,
  type Disposable,
  type Lifecycle,
  type MemoryRegion,
  type MemoryRegions,
  type Resets,
} from "backplane";
import { BusDevice, RootBusDevice } from "./bus.ts";
import type {
  Pci,
  PciBus,
  PciConfigPorts,
  PciFunction,
  PciFunctionRequest,
  PciIommu,
  PciRootBus,
  PciRootBusRequest,
} from "./contract.ts";
import { showPlace } from "./device-tree.ts";
import { pciErrors } from "./errors.ts";
import { PciFunctionDevice } from "./function.ts";
import { configPorts, mmConfig } from "./host-ports.ts";
import { addOptionRom } from "./option-rom.ts";
import { findPlace } from "./places.ts";
import { checkProperties } from "./property-checks.ts";
import { BRIDGE_REG, CONFIG_SIZE, EXTENDED_CONFIG_SIZE } from "./registers.ts";

type Listener = (subject: PciFunction, change: "plugged" | "unplugging") => void;

@injectable()
export class PciService implements Pci {
  readonly #roots: RootBusDevice[] = [];
  readonly #listeners = new Registry<Listener>();
  readonly #buses: Buses;
  readonly #regions: MemoryRegions;
  readonly #system: AddressSpace;
  readonly #clock: Clock;
  #iommu: PciIommu | undefined;
  #isComplete = false;
  /** For buses of bridges without an id. The first is `pcie.0` although the root bus has that name too, as on the peer. */
  readonly #anonymous = { express: 0, conventional: 0 };

  constructor(
    @inject(BUSES) buses: Buses,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) system: AddressSpace,
    @inject(RESETS) resets: Resets,
    @inject(LIFECYCLE) lifecycle: Lifecycle,
    @inject(CLOCK) clock: Clock,
  ) {
    this.#buses = buses;
    this.#regions = regions;
    this.#system = system;
    this.#clock = clock;
    resets.add(() => this.#reset());
    lifecycle.on("done", () => this.#connectMemory());
  }

  get roots(): readonly PciRootBus[] {
    return this.#roots;
  }

  addRootBus(request: PciRootBusRequest): PciRootBus {
    const { number = 0, bypassIommu = false, reservedSlots: reserved = [] } = request;
    const root: RootBusDevice = new RootBusDevice(
      { ...request, hotplug: request.hotplug },
      { number, bypassIommu, reserved },
      () => {
        void listed.dispose();
        this.#roots.splice(this.#roots.indexOf(root), 1);
      },
    );
    const listed = this.#buses.add(root);
    this.#roots.push(root);
    return root;
  }

  plug(request: PciFunctionRequest): PciFunctionDevice {
    const { device } = request;
    const { bus } = device;
    if (!(bus instanceof BusDevice)) throw pciErrors.PCI_BUS_FOREIGN(device.type.name, bus?.name ?? "");
    checkProperties(device, request.classId, this.functions());
    const devfn = findPlace(bus, request);
    const services = { regions: this.#regions, system: this.#system, clock: this.#clock };
    const plugged = new PciFunctionDevice(request, bus, devfn, services);
    bus.take(devfn, plugged);
    if (this.#isComplete) this.#connectFunction(plugged);
    showPlace(plugged);
    device.own(disposable(() => this.#unplug(plugged)));
    this.#openBridge(plugged, request.bridge);
    addOptionRom(plugged, this.#regions, request.rom);
    for (const listener of this.#listeners) listener(plugged, "plugged");
    bus.hotplug?.plugged(plugged);
    return plugged;
  }

  buses(): readonly BusDevice[] {
    const below = (bus: BusDevice): BusDevice[] => [bus, ...bus.children.flatMap(below)];
    return this.#roots.flatMap(below);
  }

  functions(): readonly PciFunctionDevice[] {
    return this.buses().flatMap((bus) => bus.functions);
  }

  /** Follows bridges whose range of subordinate buses holds the number, as a type 1 configuration cycle does. */
  busByNumber(root: PciBus, number: number): BusDevice | undefined {
    if (!(root instanceof BusDevice)) return undefined;
    if (root.number === number) return root;
    for (const child of root.children) {
      const { bridge } = child;
      if (bridge === undefined) continue;
      const range = bridge.config;
      if (range.get8(BRIDGE_REG.secondaryBus) > number || range.get8(BRIDGE_REG.subordinateBus) < number) continue;
      const found = this.busByNumber(child, number);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  readConfig(root: PciBus, address: number, size: 1 | 2 | 4, extended = false): number {
    const { target, offset } = this.#decode(root, address, extended);
    return target?.read(offset, size) ?? 2 ** (8 * size) - 1;
  }

  writeConfig(root: PciBus, address: number, value: number, size: 1 | 2 | 4, extended = false): void {
    const { target, offset } = this.#decode(root, address, extended);
    target?.write(offset, value, size);
  }

  configPorts(root: PciBus): PciConfigPorts {
    return configPorts(this, root, this.#regions);
  }

  mmConfig(root: PciBus): MemoryRegion {
    return mmConfig(this, root, this.#regions);
  }

  onChange(listener: Listener): Disposable {
    return this.#listeners.add(listener);
  }

  useIommu(iommu: PciIommu): Disposable {
    this.#iommu = iommu;
    return disposable(() => {
      this.#iommu = undefined;
    });
  }

  #connectMemory(): void {
    this.#isComplete = true;
    this.#regions.transaction(() => {
      for (const subject of this.functions()) this.#connectFunction(subject);
    });
  }

  #connectFunction(subject: PciFunctionDevice): void {
    const space = subject.bus.root.bypassIommu ? undefined : this.#iommu?.spaceOf(subject);
    subject.connectMemory((space ?? this.#system).root);
  }

  #decode(
    root: PciBus,
    address: number,
    extended: boolean,
  ): { readonly target: PciFunctionDevice | undefined; readonly offset: number } {
    const [space, shift] = extended ? [EXTENDED_CONFIG_SIZE, 12] : [CONFIG_SIZE, 8];
    const offset = address % space;
    const devfn = (address >>> shift) & 0xff;
    const number = (address >>> (shift + 8)) & 0xff;
    return { target: this.busByNumber(root, number)?.at(devfn), offset };
  }

  #openBridge(bridge: PciFunctionDevice, request: PciFunctionRequest["bridge"]): void {
    if (request === undefined) return;
    const bus = bridge.openBridge(request.busName ?? bridge.device.id ?? this.#nextName(request.express), request);
    bridge.device.carry({
      kind: "captured",
      idstr: "PCIBUS",
      version: 1,
      ...(request.stateName === undefined ? {} : { behind: `${bridge.path}/${request.stateName}` }),
      description: async () => (await import("./late/bus-state.ts")).SECONDARY_BUS,
      capture: () => ({}),
      restore: () => undefined,
    });
    const siblings = bridge.bus.children;
    siblings.unshift(bus);
    bridge.device.own(disposable(() => void siblings.splice(siblings.indexOf(bus), 1)));
    bridge.device.own(this.#buses.add(bus));
  }

  #nextName(express: boolean): string {
    return express ? `pcie.${this.#anonymous.express++}` : `pci.${this.#anonymous.conventional++}`;
  }

  #unplug(gone: PciFunctionDevice): void {
    for (const listener of this.#listeners) listener(gone, "unplugging");
    gone.detach();
    gone.bus.leave(gone.devfn);
    gone.bus.hotplug?.unplugged?.(gone);
  }

  #reset(): void {
    this.#regions.transaction(() => {
      for (const root of this.#roots) for (const occupant of root.functions) occupant.reset();
    });
  }
}
