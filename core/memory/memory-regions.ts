import { disposable, type Disposable } from "../disposable.ts";
import type { ByteLength, RegionOffset } from "./address.ts";
import type { AddressSpace, BlockAccess, MemoryRegions, RAMList, RamRegionOptions } from "./contract.ts";
import { FlatAddressSpace } from "./flat-address-space.ts";
import type { MemoryRegion, MemoryRegionKind, MemoryRegionOps } from "./memory-region.ts";
import { MemoryRegionNode } from "./memory-region-node.ts";

/** Makes regions, and renders the address spaces over them when a batch of changes ends. */
export class MachineMemoryRegions implements MemoryRegions {
  readonly #ram: RAMList;
  readonly #access: BlockAccess;
  readonly #spaces: FlatAddressSpace[] = [];
  #depth = 0;
  #isStale = false;
  #renderings = 0;
  #isFrozen = false;
  readonly #changed = (): void => {
    this.#isStale = true;
    if (this.#depth === 0) this.#render();
  };

  constructor(ram: RAMList, access: BlockAccess) {
    this.#ram = ram;
    this.#access = access;
  }

  /** How often views were rendered: one per outermost batch that changed something. */
  get renderings(): number {
    return this.#renderings;
  }

  container(name: string, size: ByteLength): MemoryRegion {
    return new MemoryRegionNode("container", name, size, this.#changed);
  }

  io(name: string, size: ByteLength, ops: MemoryRegionOps): MemoryRegion {
    return new MemoryRegionNode("io", name, size, this.#changed, { ops });
  }

  alias(name: string, target: MemoryRegion, offset: RegionOffset, size: ByteLength): MemoryRegion {
    const alias = { target: target as MemoryRegionNode, offset };
    return new MemoryRegionNode("alias", name, size, this.#changed, { alias });
  }

  ram(name: string, size: ByteLength, options: RamRegionOptions = {}): MemoryRegion {
    return this.#withBlock("ram", name, size, options);
  }

  rom(name: string, size: ByteLength, options: RamRegionOptions = {}): MemoryRegion {
    return this.#withBlock("rom", name, size, options);
  }

  destroy(region: MemoryRegion): void {
    this.transaction(() => {
      region.container?.removeSubregion(region);
      if (region.alias === undefined && region.ramBlock !== undefined) this.#ram.free(region.ramBlock);
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

  addressSpace(name: string, root: MemoryRegion): AddressSpace & Disposable {
    const space = new FlatAddressSpace(name, root as MemoryRegionNode, this.#access);
    this.#spaces.push(space);
    const gone = disposable(() => {
      this.#spaces.splice(this.#spaces.indexOf(space), 1);
    });
    return Object.assign(space, { dispose: () => gone.dispose() });
  }

  addressSpaces(): readonly AddressSpace[] {
    return this.#spaces;
  }

  #render(): void {
    this.#isStale = false;
    if (this.#isFrozen || this.#spaces.length === 0) return;
    this.#renderings++;
    for (const space of this.#spaces) space.update();
  }

  /** As the peer does: the block is allocated without a name, then named, then made migratable. */
  #withBlock(kind: MemoryRegionKind, name: string, size: ByteLength, options: RamRegionOptions): MemoryRegion {
    const region = new MemoryRegionNode(kind, name, size, this.#changed);
    const { idstr = name, idstrPrefix, migratable = idstr !== null, ...request } = options;
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
      return region;
    } catch (failure) {
      this.#ram.free(block);
      throw failure;
    }
  }
}
