import type { ByteLength, GuestAddress, RegionOffset } from "./address.ts";
import { memoryErrors } from "./errors.ts";
import type { MemoryRegion, MemoryRegionKind, MemoryRegionOps } from "./memory-region.ts";
import { type AccessRules, accessRules } from "./region-access.ts";
import type { RAMBlock } from "./ram-block.ts";

/** Is called after every change that may alter a view. */
export type RegionChanged = () => void;

interface RegionAlias {
  readonly target: MemoryRegionNode;
  readonly offset: RegionOffset;
}

/** A region as the renderer sees it. Made by `MachineMemoryRegions` only. */
export class MemoryRegionNode implements MemoryRegion {
  readonly name: string;
  readonly #kind: MemoryRegionKind;
  readonly ops: MemoryRegionOps | undefined;
  /** `ops` with its defaults filled in; of use for io regions only. */
  readonly rules: AccessRules;
  readonly #changed: RegionChanged;
  readonly #subregions: MemoryRegionNode[] = [];
  #size: ByteLength;
  #address = 0 as GuestAddress;
  #priority = 0;
  #enabled = true;
  #readonly: boolean;
  #container: MemoryRegionNode | undefined;
  #alias: RegionAlias | undefined;
  #block: RAMBlock | undefined;

  constructor(
    kind: MemoryRegionKind,
    name: string,
    size: ByteLength,
    changed: RegionChanged,
    parts: { readonly ops?: MemoryRegionOps; readonly alias?: RegionAlias } = {},
  ) {
    this.#kind = kind;
    this.name = name;
    this.#size = size;
    this.#changed = changed;
    this.#readonly = kind === "rom";
    this.ops = parts.ops;
    this.rules = accessRules(parts.ops);
    this.#alias = parts.alias;
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
    return this.#subregions;
  }

  /** The block came, or went. */
  setBlock(block: RAMBlock | undefined): void {
    this.#block = block;
    this.#changed();
  }

  addSubregion(address: GuestAddress, region: MemoryRegion, priority = 0): void {
    const node = region as MemoryRegionNode;
    if (this.#alias !== undefined) throw memoryErrors.MEMORY_REGION_KIND(this.name, "alias", "container");
    if (node.#container !== undefined) throw memoryErrors.MEMORY_REGION_CONTAINED(node.name, node.#container.name);
    if (node.#reaches(this)) throw memoryErrors.MEMORY_REGION_CYCLE(node.name, this.name);
    node.#container = this;
    node.#address = address;
    node.#priority = priority;
    this.#insert(node);
    this.#changed();
  }

  removeSubregion(region: MemoryRegion): void {
    const node = region as MemoryRegionNode;
    if (node.#container !== this) throw memoryErrors.MEMORY_REGION_NOT_CONTAINED(node.name, this.name);
    this.#subregions.splice(this.#subregions.indexOf(node), 1);
    node.#container = undefined;
    node.#address = 0 as GuestAddress;
    this.#changed();
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
    if (container === undefined) return;
    container.#subregions.splice(container.#subregions.indexOf(this), 1);
    container.#insert(this);
    this.#changed();
  }

  setSize(size: ByteLength): void {
    if (this.#size === size) return;
    this.#size = size;
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

  #insert(node: MemoryRegionNode): void {
    const before = this.#subregions.findIndex((other) => node.#priority >= other.#priority);
    this.#subregions.splice(before < 0 ? this.#subregions.length : before, 0, node);
  }

  /** Whether rendering this region would come to the other one, through subregions and aliases. */
  #reaches(other: MemoryRegionNode): boolean {
    if (this === other || (this.#alias !== undefined && this.#alias.target.#reaches(other))) return true;
    return this.#subregions.some((subregion) => subregion.#reaches(other));
  }
}
