import type { ByteLength, GuestAddress, RegionOffset } from "./address.ts";
import { memoryErrors } from "./errors.ts";
import type { IommuRegionNode } from "./iommu-region-node.ts";
import { DIRTY_VGA } from "./memory-listener.ts";
import type { MemoryRegion, MemoryRegionKind, MemoryRegionOps } from "./memory-region.ts";
import { type AccessRules, accessRules } from "./region-access.ts";
import type { RAMBlock } from "./ram-block.ts";
import type { RegionOwner } from "./region-owner.ts";
import { type Subregion, Subregions } from "./subregions.ts";

/** Is called after every change that may alter a view. */
export type RegionChanged = () => void;

interface RegionAlias {
  readonly target: MemoryRegionNode;
  readonly offset: RegionOffset;
}

interface RegionParts {
  readonly ops?: MemoryRegionOps;
  readonly alias?: RegionAlias;
  readonly ramDevice?: boolean;
  readonly inPortList?: boolean;
}

/** A region as the renderer sees it. Made by `MachineMemoryRegions` only. */
export class MemoryRegionNode implements MemoryRegion, Subregion {
  readonly name: string;
  readonly ops: MemoryRegionOps | undefined;
  /** `ops` with its defaults filled in; of use for io regions and ROM devices only. */
  readonly rules: AccessRules;
  readonly ramDevice: boolean;
  readonly inPortList: boolean;
  owner: RegionOwner | undefined;
  order = 0;
  readonly #kind: MemoryRegionKind;
  readonly #changed: RegionChanged;
  readonly #subregions = new Subregions<MemoryRegionNode>();
  /** The children through which one may come to further regions. */
  readonly #branches = new Set<MemoryRegionNode>();
  #size: ByteLength;
  #address = 0 as GuestAddress;
  #priority = 0;
  #enabled = true;
  #readonly: boolean;
  #nonvolatile = false;
  #isRomDeviceMode: boolean;
  #dirtyLog = 0;
  #container: MemoryRegionNode | undefined;
  #alias: RegionAlias | undefined;
  /** Some alias shows it. */
  #isAliased = false;
  #block: RAMBlock | undefined;

  constructor(kind: MemoryRegionKind, name: string, size: ByteLength, changed: RegionChanged, parts: RegionParts = {}) {
    this.#kind = kind;
    this.name = name;
    this.#size = size;
    this.#changed = changed;
    this.#readonly = kind === "rom";
    this.#isRomDeviceMode = kind === "rom-device";
    this.ops = parts.ops;
    this.rules = accessRules(parts.ops);
    this.ramDevice = parts.ramDevice ?? false;
    this.inPortList = parts.inPortList ?? false;
    this.#alias = parts.alias;
    if (parts.alias !== undefined) parts.alias.target.#isAliased = true;
  }

  /** A `ram` region that was made read-only is a `rom`, and the other way round. */
  get kind(): MemoryRegionKind {
    if (this.#kind !== "ram" && this.#kind !== "rom") return this.#kind;
    return this.#readonly ? "rom" : "ram";
  }

  get size(): ByteLength {
    return this.#size;
  }

  get address(): GuestAddress {
    return this.#address;
  }

  get priority(): number {
    return this.#priority;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get readonly(): boolean {
    return this.#readonly;
  }

  get nonvolatile(): boolean {
    return this.#nonvolatile;
  }

  get isRomDeviceMode(): boolean {
    return this.#isRomDeviceMode;
  }

  /** Bits of `DIRTY_…`, without those that apply to all RAM. */
  get dirtyLog(): number {
    return this.#dirtyLog;
  }

  get container(): MemoryRegionNode | undefined {
    return this.#container;
  }

  get alias(): RegionAlias | undefined {
    return this.#alias;
  }

  get ramBlock(): RAMBlock | undefined {
    return this.#alias === undefined ? this.#block : this.#alias.target.ramBlock;
  }

  /** In the order in which they are rendered: highest priority first, among equals the youngest. */
  get subregions(): readonly MemoryRegionNode[] {
    return this.#subregions.inRenderingOrder();
  }

  /** The children of which something shows between two offsets, in rendering order. */
  subregionsWithin(low: number, high: number): readonly MemoryRegionNode[] {
    if (low <= 0 && high >= this.#size) return this.#subregions.inRenderingOrder();
    return this.#subregions.within(low, high);
  }

  /** The children in no useful order, without sorting them. */
  children(): Iterable<MemoryRegionNode> {
    return this.#subregions;
  }

  /** Itself, where accesses to it are translated. */
  get asIommu(): IommuRegionNode | undefined {
    return undefined;
  }

  /** Whether it answers by itself where no child does. A block that was freed answers no more. */
  get terminates(): boolean {
    if (this.#kind === "container" || this.#kind === "alias") return false;
    return this.#kind === "io" || this.#kind === "iommu" || this.#kind === "reserved" || this.#block !== undefined;
  }

  /** The block came, or went. */
  setBlock(block: RAMBlock | undefined): void {
    const isNew = this.#block === undefined;
    this.#block = block;
    // A region that has just been made stands in no view yet.
    if (isNew && this.#container === undefined && !this.#isAliased) return;
    this.#changed();
  }

  addSubregion(address: GuestAddress, region: MemoryRegion, priority = 0): void {
    const node = region as MemoryRegionNode;
    if (this.#alias !== undefined) throw memoryErrors.MEMORY_REGION_KIND(this.name, "alias", "container");
    if (node.#container !== undefined) throw memoryErrors.MEMORY_REGION_CONTAINED(node.name, node.#container.name);
    const isReachable = this.#container !== undefined || this.#isAliased;
    if (node === this || (isReachable && node.#isBranch && node.#reaches(this, new Set()))) {
      throw memoryErrors.MEMORY_REGION_CYCLE(node.name, this.name);
    }
    node.#container = this;
    node.#address = address;
    node.#priority = priority;
    node.order = this.#subregions.nextOrder();
    this.#subregions.add(node);
    if (node.#isBranch) this.#branches.add(node);
    if (this.#container !== undefined) this.#container.#branches.add(this);
    if (node.#enabled) this.#changed();
  }

  removeSubregion(region: MemoryRegion): void {
    const node = region as MemoryRegionNode;
    if (node.#container !== this) throw memoryErrors.MEMORY_REGION_NOT_CONTAINED(node.name, this.name);
    this.#subregions.delete(node);
    this.#branches.delete(node);
    node.#container = undefined;
    if (node.#enabled) this.#changed();
  }

  setEnabled(enabled: boolean): void {
    if (this.#enabled === enabled) return;
    this.#enabled = enabled;
    this.#changed();
  }

  setAddress(address: GuestAddress): void {
    if (this.#address === address) return;
    this.#address = address;
    const container = this.#container;
    if (container !== undefined) {
      this.order = container.#subregions.nextOrder();
      container.#subregions.changed();
    }
    if (this.#enabled) this.#changed();
  }

  setSize(size: ByteLength): void {
    if (this.#size === size) return;
    this.#size = size;
    if (this.#container !== undefined) this.#container.#subregions.changed();
    this.#changed();
  }

  setAliasOffset(offset: RegionOffset): void {
    if (this.#alias === undefined) throw memoryErrors.MEMORY_REGION_KIND(this.name, this.kind, "alias");
    if (this.#alias.offset === offset) return;
    this.#alias = { target: this.#alias.target, offset };
    this.#changed();
  }

  setReadonly(readonly: boolean): void {
    if (this.#readonly === readonly) return;
    this.#readonly = readonly;
    this.#changed();
  }

  setNonvolatile(nonvolatile: boolean): void {
    if (this.#nonvolatile === nonvolatile) return;
    this.#nonvolatile = nonvolatile;
    this.#changed();
  }

  setRomDeviceMode(isOn: boolean): void {
    if (this.#kind !== "rom-device") throw memoryErrors.MEMORY_REGION_KIND(this.name, this.kind, "rom-device");
    if (this.#isRomDeviceMode === isOn) return;
    this.#isRomDeviceMode = isOn;
    this.#changed();
  }

  setDirtyLog(_client: "vga", isOn: boolean): void {
    if (this.#alias !== undefined) {
      this.#alias.target.setDirtyLog("vga", isOn);
      return;
    }
    const log = isOn ? DIRTY_VGA : 0;
    if (this.#dirtyLog === log) return;
    this.#dirtyLog = log;
    this.#changed();
  }

  get #isBranch(): boolean {
    return this.#alias !== undefined || this.#subregions.size > 0;
  }

  /** Whether rendering this region would come to the other one, through subregions and aliases. */
  #reaches(other: MemoryRegionNode, seen: Set<MemoryRegionNode>): boolean {
    if (this === other) return true;
    if (seen.has(this)) return false;
    seen.add(this);
    if (this.#alias !== undefined && this.#alias.target.#reaches(other, seen)) return true;
    if (other.#container === this) return true;
    for (const branch of this.#branches) if (branch.#reaches(other, seen)) return true;
    return false;
  }
}
