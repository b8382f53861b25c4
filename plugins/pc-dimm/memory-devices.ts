import {
  byteLength,
  disposable,
  guestAddress,
  inject,
  injectable,
  MACHINE,
  RAM_LIST,
  Registry,
  type Disposable,
  type MachineInfo,
  type RAMList,
} from "backplane";
import { PC_MEMORY, type DeviceMemory, type PcMemory } from "backplane/plugins/pc-memory/contract";
import { findAddress } from "./addresses.ts";
import type { DimmMemory, DimmRequest, MemoryDevice, MemoryDevices, MemoryUnplug } from "./contract.ts";
import { dimmErrors } from "./errors.ts";
import { findSlot } from "./slots.ts";

type ChangeListener = Parameters<MemoryDevices["onChange"]>[0];

@injectable()
export class SlotMemoryDevices implements MemoryDevices {
  readonly #memory: PcMemory;
  readonly #ramList: RAMList;
  readonly #acpi: boolean;
  readonly #listeners = new Registry<ChangeListener>();
  /** Ascending by address. */
  #devices: readonly MemoryDevice[] = [];
  #nodes: () => number = () => 0;
  #unplug: MemoryUnplug | undefined;

  constructor(
    @inject(PC_MEMORY) memory: PcMemory,
    @inject(RAM_LIST) ramList: RAMList,
    @inject(MACHINE) machine: MachineInfo,
  ) {
    this.#memory = memory;
    this.#ramList = ramList;
    this.#acpi = machine.properties.string("acpi") !== "off";
  }

  /** How many NUMA nodes there are, on a machine that may have some. */
  countNodes(nodes: () => number): void {
    this.#nodes = nodes;
  }

  get slots(): number {
    return this.#memory.slots;
  }

  all(): readonly MemoryDevice[] {
    return this.#devices;
  }

  onChange(listener: ChangeListener): Disposable {
    return this.#listeners.add(listener);
  }

  useUnplug(unplug: MemoryUnplug): Disposable {
    this.#unplug = unplug;
    return disposable(() => {
      this.#unplug = undefined;
    });
  }

  requestUnplug(device: MemoryDevice): void {
    if (this.#unplug === undefined) throw dimmErrors.DIMM_ACPI();
    this.#unplug.requestUnplug(device);
  }

  plug(request: DimmRequest): MemoryDevice & Disposable {
    if (!this.#acpi) throw dimmErrors.DIMM_ACPI();
    request.check?.();
    const taken = new Set(this.#devices.map((device) => device.slot));
    const slot = findSlot(request.slot, taken, this.slots);
    const { deviceMemory } = this.#memory;
    if (deviceMemory === undefined) throw dimmErrors.DIMM_NOT_PREPARED();
    const memory = request.memory();
    const address = this.#place(request, memory, deviceMemory);
    const nodes = this.#nodes();
    if (request.node >= Math.max(nodes, 1)) throw dimmErrors.DIMM_NODE(request.node, Math.max(nodes, 1));
    if (memory.backend.mapped) throw dimmErrors.DIMM_MEMDEV_BUSY(memory.backend.id);
    return this.#install(request, memory, deviceMemory, slot, address);
  }

  #place(request: DimmRequest, { backend, region }: DimmMemory, window: DeviceMemory): number {
    const { alignment } = backend;
    const { size } = region;
    if (size % alignment !== 0) throw dimmErrors.DIMM_SIZE(alignment);
    const used = this.#devices.reduce((sum, device) => sum + device.size, 0);
    const total = this.#memory.maxRamSize - this.#memory.ramSize;
    if (used + size > total) throw dimmErrors.DIMM_NO_SPACE(used, total);
    const occupied = this.#devices.map((device) => ({ base: device.address, size: device.size, id: device.id }));
    return findAddress({ size, alignment, address: request.address }, window, occupied);
  }

  #install(
    request: DimmRequest,
    { backend, region }: DimmMemory,
    window: DeviceMemory,
    slot: number,
    address: number,
  ): MemoryDevice & Disposable {
    const block = backend.region.ramBlock;
    if (block === undefined) throw dimmErrors.DIMM_MEMDEV_UNSET();
    // Named first: a name that is taken must leave nothing behind.
    this.#ramList.setIdstr(block, backend.blockName);
    const claim = backend.claim();
    window.region.addSubregion(guestAddress(address - window.base), region);
    this.#ramList.setMigratable(block, true);
    const { object } = request.device;
    object.add({ name: "addr", type: "uint64", get: () => address });
    object.add({ name: "slot", type: "int32", get: () => slot });
    object.add({ name: "size", type: "uint64", get: () => region.size });
    const device: MemoryDevice = {
      kind: request.kind,
      id: request.device.id,
      path: request.device.path,
      address: guestAddress(address),
      size: byteLength(region.size),
      slot,
      node: request.node,
      backend,
      hotplugged: request.device.hotplugged,
    };
    this.#devices = [...this.#devices, device].sort((left, right) => left.address - right.address);
    this.#tell(device, "plugged");
    const release = disposable(() => {
      this.#devices = this.#devices.filter((other) => other !== device);
      window.region.removeSubregion(region);
      this.#ramList.unsetIdstr(block);
      this.#ramList.setMigratable(block, false);
      void claim.dispose();
      this.#tell(device, "unplugged");
    });
    return { ...device, dispose: () => release.dispose() };
  }

  #tell(device: MemoryDevice, change: "plugged" | "unplugged"): void {
    for (const listener of this.#listeners) listener(device, change);
  }
}
