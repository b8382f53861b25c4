import {
  alignDown,
  BLOCK_ACCESS,
  byteLength,
  DEVICE,
  disposable,
  inject,
  injectable,
  MEMORY_REGIONS,
  regionOffset,
  type BlockAccess,
  type Device,
  type DeviceContext,
  type MemoryRegions,
} from "backplane";
import { MEMORY_BACKENDS, type MemoryBackend, type MemoryBackends } from "backplane/plugins/memory-backend/contract";
import { dimmPlace, MEMORY_DEVICES, type DimmMemory, type MemoryDevices } from "backplane/plugins/pc-dimm/contract";
import type { Nvdimm } from "./contract.ts";
import { nvdimmErrors } from "./errors.ts";
import { NVDIMM_SET, type NvdimmSet } from "./nvdimm-set.ts";
import type { NVDIMM_PROPERTIES } from "./properties.ts";

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
    const { memdev, uuid, unarmed } = properties;
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
    const nvdimm: Nvdimm = {
      id,
      path,
      slot,
      node,
      base: address,
      size,
      unarmed,
      readonly: device.backend.readonly,
      uuid,
      labelSize: byteLength(properties["label-size"]),
      readLabel: (offset, into) =>
        this.#label(device.backend, offset, into.length, (block, at) => this.#access.read(block, at, into)),
      writeLabel: (offset, from) =>
        this.#label(device.backend, offset, from.length, (block, at) => this.#access.write(block, at, from)),
    };
    this.#set.add(nvdimm);
    this.#context.own(disposable(() => this.#set.remove(nvdimm)));
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
