import {
  alignDown,
  BLOCK_ACCESS,
  byteLength,
  DEVICE,
  disposable,
  HostCallError,
  inject,
  injectable,
  MEMORY_REGIONS,
  regionOffset,
  type BlockAccess,
  type Device,
  type DeviceContext,
  type MemoryRegions,
  type OptionValue,
  type RAMBlock,
} from "backplane";
import { MEMORY_BACKENDS, type MemoryBackend, type MemoryBackends } from "backplane/plugins/memory-backend/contract";
import { dimmPlace, MEMORY_DEVICES, type DimmMemory, type MemoryDevices } from "backplane/plugins/pc-dimm/contract";
import type { Nvdimm } from "./contract.ts";
import { nvdimmErrors } from "./errors.ts";
import { NVDIMM_SET, type NvdimmSet } from "./nvdimm-set.ts";
import { uuid, type NVDIMM_PROPERTIES } from "./properties.ts";

export const NVDIMM_NAME = "nvdimm";

/** A module of persistent memory: the backend's start is what the guest maps, its end the label area. */
@injectable()
export class NvdimmModule implements Device {
  readonly #context: DeviceContext<typeof NVDIMM_PROPERTIES>;
  readonly #backends: MemoryBackends;
  readonly #devices: MemoryDevices;
  readonly #regions: MemoryRegions;
  readonly #access: BlockAccess;
  readonly #set: NvdimmSet;

  constructor(
    @inject(DEVICE) context: DeviceContext<typeof NVDIMM_PROPERTIES>,
    @inject(MEMORY_BACKENDS) backends: MemoryBackends,
    @inject(MEMORY_DEVICES) devices: MemoryDevices,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
    @inject(BLOCK_ACCESS) access: BlockAccess,
    @inject(NVDIMM_SET) set: NvdimmSet,
  ) {
    this.#context = context;
    this.#backends = backends;
    this.#devices = devices;
    this.#regions = regions;
    this.#access = access;
    this.#set = set;
  }

  realize(): void {
    const { properties } = this.#context;
    const { memdev, unarmed } = properties;
    const backend = memdev === undefined || memdev === "" ? undefined : this.#backends.require(memdev);
    const device = this.#devices.plug({
      device: this.#context,
      kind: "nvdimm",
      ...dimmPlace(properties),
      check: () => {
        if (!this.#set.enabled) throw nvdimmErrors.NVDIMM_DISABLED();
      },
      memory: () => this.#open(backend),
    });
    this.#context.own(device);
    const { id, path, slot, node, address, size } = device;
    let identity = properties.uuid;
    const nvdimm: Nvdimm = {
      id,
      path,
      slot,
      node,
      base: address,
      size,
      unarmed,
      readonly: device.backend.readonly,
      get uuid() {
        return identity;
      },
      labelSize: byteLength(properties["label-size"]),
      readLabel: (offset, into) =>
        this.#label(device.backend, offset, into.length, (block, at) => this.#access.read(block, at, into)),
      writeLabel: (offset, from) =>
        this.#label(device.backend, offset, from.length, (block, at) => {
          this.#access.write(block, at, from);
          if (device.backend.pmem) this.#persist(block, at, from.length);
        }),
    };
    this.#settle(
      (value) => {
        identity = value;
      },
      () => identity,
    );
    this.#set.add(nvdimm);
    this.#context.own(disposable(() => this.#set.remove(nvdimm)));
  }

  unplug(): never {
    throw nvdimmErrors.NVDIMM_UNPLUG();
  }

  /** Whoever has a label written to persistent memory may lose power then. */
  #persist(block: RAMBlock, offset: number, length: number): void {
    try {
      block.host.flush(offset, length);
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      const [start, bytes] = [offset.toString(16), length.toString(16)];
      this.#context.log.warn(`qemu_ram_msync: failed to sync memory range: start: ${start} length: ${bytes}`, {
        error: failure.text,
      });
    }
  }

  /** What monitors may still change: the identity, of which no table of a guest that has read them knows. */
  #settle(setUuid: (value: string | undefined) => void, getUuid: () => string | undefined): void {
    const { object, properties, type } = this.#context;
    object.add({
      name: "uuid",
      type: uuid.type,
      get: () => uuid.format?.(getUuid()) ?? "",
      set: (value) => setUuid(uuid.parse(value as OptionValue, "uuid", type.name, "json")),
    });
    object.add({
      name: "label-size",
      type: "int",
      get: () => properties["label-size"],
      set: () => {
        throw nvdimmErrors.NVDIMM_LABEL_FIXED();
      },
    });
  }

  #open(backend: MemoryBackend | undefined): DimmMemory {
    if (backend === undefined) throw nvdimmErrors.NVDIMM_MEMDEV_UNSET();
    const { alignment, size, id } = backend;
    const label = this.#context.properties["label-size"];
    const persistent = size > label ? alignDown(size - label, alignment) : 0;
    if (persistent === 0) throw nvdimmErrors.NVDIMM_TOO_SMALL(id, size, label, alignment);
    if (backend.readonly && !this.#context.properties.unarmed) throw nvdimmErrors.NVDIMM_ARMED_READONLY(id);
    const region = this.#regions.alias("nvdimm-memory", backend.region, regionOffset(0), byteLength(persistent));
    region.setNonvolatile(true);
    return { backend, region };
  }

  /** The label area is the backend's end, even where alignment leaves a gap before it. */
  #label(
    { region, size }: MemoryBackend,
    offset: number,
    length: number,
    access: (block: Parameters<BlockAccess["read"]>[0], at: number) => void,
  ): void {
    const label = this.#context.properties["label-size"];
    if (!(offset >= 0 && offset + length <= label)) throw nvdimmErrors.NVDIMM_LABEL_RANGE(offset, length, label);
    if (region.ramBlock !== undefined) access(region.ramBlock, size - label + offset);
  }
}
