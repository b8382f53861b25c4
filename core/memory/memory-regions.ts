import type { Disposable } from "../disposable.ts";
import type { ByteLength, RegionOffset } from "./address.ts";
import type {
  AddressSpace,
  AddressSpaceOptions,
  BlockAccess,
  IoRegionOptions,
  MemoryRegions,
  RAMList,
  RamRegionOptions,
} from "./contract.ts";
import type { MachineDirtyMemory } from "./dirty-memory.ts";
import { FlatAddressSpace, type SpaceServices } from "./flat-address-space.ts";
import { FlatViews } from "./flat-views.ts";
import type { IommuOps, IommuRegion } from "./iommu.ts";
import { IommuRegionNode } from "./iommu-region-node.ts";
import { ListenerList } from "./listener-list.ts";
import type { MemoryRegion, MemoryRegionKind, MemoryRegionOps } from "./memory-region.ts";
import { MemoryRegionNode } from "./memory-region-node.ts";
import type { RegionOwner } from "./region-owner.ts";

const DEFAULT_BOUNCE_BUFFER_SIZE = 4096;

/** Makes regions, and renders the address spaces over them when a batch of changes ends. */
export class MachineMemoryRegions implements MemoryRegions {
  readonly #ram: RAMList;
  readonly #services: SpaceServices;
  readonly #views: FlatViews;
  readonly #spaces: FlatAddressSpace[] = [];
  readonly unowned = new Set<MemoryRegion>();
  #owner: RegionOwner | undefined;
  #depth = 0;
  #isStale = false;
  #renderings = 0;
  #isFrozen = false;
  readonly #changed = (): void => {
    this.#isStale = true;
    if (this.#depth === 0) this.#render();
  };

  constructor(ram: RAMList, access: BlockAccess, dirty: MachineDirtyMemory) {
    this.#ram = ram;
    const listeners = new ListenerList();
    this.#services = { access, outcome: { result: 0 }, listeners };
    this.#views = new FlatViews(listeners);
    dirty.watch({
      started: () => {
        listeners.startLogging();
        this.#views.logAll(true);
        this.#changed();
      },
      stopped: () => {
        this.#views.logAll(false);
        this.#changed();
        listeners.stopLogging();
      },
      synchronized: () => listeners.synchronizeLogs(),
    });
  }

  /** How often views were rendered: one per outermost batch that changed something. */
  get renderings(): number {
    return this.#renderings;
  }

  withOwner<T>(owner: RegionOwner | undefined, make: () => T): T {
    const before = this.#owner;
    this.#owner = owner;
    try {
      return make();
    } finally {
      this.#owner = before;
    }
  }

  container(name: string, size: ByteLength): MemoryRegion {
    return this.#made(new MemoryRegionNode("container", name, size, this.#changed));
  }

  io(name: string, size: ByteLength, ops: MemoryRegionOps, options: IoRegionOptions = {}): MemoryRegion {
    return this.#made(new MemoryRegionNode("io", name, size, this.#changed, { ops, ...options }));
  }

  romDevice(name: string, size: ByteLength, ops: MemoryRegionOps, options: RamRegionOptions = {}): MemoryRegion {
    return this.#withBlock("rom-device", name, size, options, ops);
  }

  iommu(name: string, size: ByteLength, ops: IommuOps): IommuRegion {
    const region = new IommuRegionNode(name, size, this.#changed, ops);
    this.#made(region);
    return region;
  }

  reserved(name: string, size: ByteLength): MemoryRegion {
    return this.#made(new MemoryRegionNode("reserved", name, size, this.#changed));
  }

  alias(name: string, target: MemoryRegion, offset: RegionOffset, size: ByteLength): MemoryRegion {
    const alias = { target: target as MemoryRegionNode, offset };
    return this.#made(new MemoryRegionNode("alias", name, size, this.#changed, { alias }));
  }

  ram(name: string, size: ByteLength, options: RamRegionOptions = {}): MemoryRegion {
    return this.#withBlock("ram", name, size, options);
  }

  rom(name: string, size: ByteLength, options: RamRegionOptions = {}): MemoryRegion {
    return this.#withBlock("rom", name, size, options);
  }

  destroy(region: MemoryRegion): void {
    // Listeners are told before the block goes.
    region.container?.removeSubregion(region);
    this.transaction(() => {
      if (region.alias === undefined && region.ramBlock !== undefined) this.#ram.free(region.ramBlock);
      if (region.owner !== undefined) region.owner.release(region);
      else this.unowned.delete(region);
    });
  }

  transaction<T>(change: () => T): T {
    this.#depth++;
    try {
      return change();
    } finally {
      this.#depth--;
      if (this.#depth === 0 && this.#isStale) this.#render();
    }
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  addressSpace(name: string, root: MemoryRegion, options: AddressSpaceOptions = {}): AddressSpace & Disposable {
    const { maxBounceBufferSize = DEFAULT_BOUNCE_BUFFER_SIZE } = options;
    const node = root as MemoryRegionNode;
    const view = this.#views.of(node, this.#spaces);
    const space = new FlatAddressSpace(name, node, view, this.#services, maxBounceBufferSize, (gone) => {
      this.#spaces.splice(this.#spaces.indexOf(gone), 1);
    });
    this.#spaces.push(space);
    return space;
  }

  addressSpaces(): readonly AddressSpace[] {
    return this.#spaces;
  }

  #made(region: MemoryRegionNode): MemoryRegion {
    region.owner = this.#owner;
    if (this.#owner === undefined) this.unowned.add(region);
    else this.#owner.adopt(region);
    return region;
  }

  #render(): void {
    this.#isStale = false;
    if (this.#isFrozen || this.#spaces.length === 0) return;
    this.#renderings++;
    this.#views.render(this.#spaces);
  }

  /** As the peer does: the block is allocated without a name, then named, then made migratable. */
  #withBlock(
    kind: MemoryRegionKind,
    name: string,
    size: ByteLength,
    options: RamRegionOptions,
    ops?: MemoryRegionOps,
  ): MemoryRegion {
    const { idstr = name, idstrPrefix, migratable = idstr !== null, ramDevice = false, ...request } = options;
    const region = new MemoryRegionNode(kind, name, size, this.#changed, { ramDevice, ...(ops && { ops }) });
    const block = this.#ram.allocate({
      ...request,
      region,
      size,
      readonly: kind === "rom",
      listed: (listed) => region.setBlock(listed),
      freed: () => region.setBlock(undefined),
    });
    try {
      if (idstr !== null) this.#ram.setIdstr(block, idstr, idstrPrefix);
      this.#ram.setMigratable(block, migratable);
      return this.#made(region);
    } catch (failure) {
      this.#ram.free(block);
      throw failure;
    }
  }
}
