import { disposable, type Disposable } from "../disposable.ts";
import { hashOrder } from "../hash-order.ts";
import type { MemoryRegion } from "../memory/index.ts";
import { Registry } from "../registry.ts";
import type { QomLeaf, QomObject, QomProperty } from "./contract.ts";
import { qomErrors } from "./errors.ts";
import { regionLeaves, regionStep, type RegionPath } from "./region-leaf.ts";

export interface QomNodeParts {
  /** What it has because of its type; asked for when somebody looks, so that making a node is cheap. */
  readonly properties?: (node: QomNode) => readonly QomProperty[];
  readonly isDevice?: boolean;
  /** A device's id. */
  readonly id?: string | undefined;
  /** Regions that are children of the node although nobody says that they are its own. */
  readonly regions?: Iterable<MemoryRegion>;
}

const ANY_NUMBER = "[*]";

/** An object of the tree. Its maps are made when they are needed: most objects have neither children nor properties. */
export class QomNode implements QomObject, Disposable {
  readonly name: string;
  readonly type: string;
  readonly parent: QomNode | undefined;
  readonly id: string | undefined;
  readonly isDevice: boolean;
  readonly #classProperties: ((node: QomNode) => readonly QomProperty[]) | undefined;
  #path: string | undefined;
  #children: Map<string, QomNode> | undefined;
  #added: Map<string, QomProperty> | undefined;
  #lists: Registry<() => Iterable<QomLeaf>> | undefined;
  readonly #foreign: Iterable<MemoryRegion> | undefined;
  #regions: MemoryRegion[] | undefined;
  #propertyLists: (() => Iterable<QomProperty>)[] | undefined;
  /** By pattern, the number below which none is free. */
  #numbers: Map<string, number> | undefined;

  constructor(name: string, type: string, parent: QomNode | undefined, parts: QomNodeParts = {}) {
    this.name = name;
    this.type = type;
    this.parent = parent;
    this.id = parts.id;
    this.isDevice = parts.isDevice ?? false;
    this.#classProperties = parts.properties;
    this.#foreign = parts.regions;
  }

  get path(): string {
    return (this.#path ??= this.parent === undefined ? "/" : pathBelow(this.parent.path, this.name));
  }

  properties(): readonly QomProperty[] {
    const added = new Map(this.#added);
    for (const list of this.#propertyLists ?? []) for (const property of list()) added.set(property.name, property);
    for (const child of this.children()) added.set(child.name, childProperty(child));
    const inherited = (this.#classProperties?.(this) ?? []).map((property) => {
      const overlay = added.get(property.name);
      added.delete(property.name);
      return { ...property, ...overlay };
    });
    const names = hashOrder([...added.keys()]).toReversed();
    return [typeProperty(this.type), ...inherited, ...names.flatMap((name) => added.get(name) ?? [])];
  }

  property(name: string): QomProperty | undefined {
    const added = this.#added?.get(name);
    if (name === "type") return typeProperty(this.type);
    const child = added === undefined ? this.child(name) : undefined;
    if (child !== undefined) return childProperty(child);
    const inherited = this.#classProperties?.(this).find((property) => property.name === name);
    if (added === undefined && inherited === undefined) return this.#listed(name);
    // What lies over a property of the type need not say all of it again.
    return inherited === undefined ? added : { ...inherited, ...added };
  }

  children(): readonly QomNode[] {
    const children = [...(this.#children?.values() ?? [])];
    for (const leaf of this.#leaves()) children.push(this.#leafNode(leaf));
    return children;
  }

  child(name: string): QomNode | undefined {
    const child = this.#children?.get(name);
    if (child !== undefined) return child;
    for (const leaf of this.#leaves()) if (leaf.name === name) return this.#leafNode(leaf);
    return undefined;
  }

  add(property: QomProperty): Disposable {
    const added = (this.#added ??= new Map());
    added.set(property.name, property);
    return disposable(() => {
      if (added.get(property.name) === property) added.delete(property.name);
    });
  }

  addChild(
    name: string,
    type: string,
    properties: readonly QomProperty[] = [],
    parts: { readonly isDevice?: boolean } = {},
  ): QomNode {
    return this.place(name, type, { ...parts, properties: () => properties });
  }

  /** `addChild` with all that a node may have. Throws `QOM_DUPLICATE`. */
  place(name: string, type: string, parts: QomNodeParts): QomNode {
    const children = (this.#children ??= new Map());
    const isTaken = (candidate: string): boolean => children.has(candidate) || this.#added?.has(candidate) === true;
    const free = name.endsWith(ANY_NUMBER) ? this.#firstFree(name, isTaken) : name;
    if (isTaken(free)) throw qomErrors.QOM_DUPLICATE(free, this.type);
    const child = new QomNode(free, type, this, parts);
    children.set(free, child);
    return child;
  }

  /** Properties that are there as long as `list` lists them. They go with the node. */
  addProperties(list: () => Iterable<QomProperty>): void {
    (this.#propertyLists ??= []).push(list);
  }

  addChildren(list: () => Iterable<QomLeaf>): Disposable {
    return (this.#lists ??= new Registry()).add(list);
  }

  adopt(region: MemoryRegion): void {
    (this.#regions ??= []).push(region);
  }

  release(region: MemoryRegion): void {
    const at = this.#regions?.indexOf(region) ?? -1;
    if (at >= 0) this.#regions?.splice(at, 1);
  }

  pathOf(region: MemoryRegion): string {
    return pathBelow(this.path, regionStep(region, this.#regions ?? this.#foreign ?? []));
  }

  /** Takes it out of the tree, with all that stands below. */
  dispose(): void {
    const { parent, name } = this;
    if (parent === undefined || parent.#children?.get(name) !== this) return;
    parent.#children.delete(name);
    parent.#numbers?.clear();
  }

  #listed(name: string): QomProperty | undefined {
    for (const list of this.#propertyLists ?? [])
      for (const property of list()) if (property.name === name) return property;
    return undefined;
  }

  #firstFree(pattern: string, isTaken: (name: string) => boolean): string {
    const numbers = (this.#numbers ??= new Map());
    const stem = pattern.slice(0, -ANY_NUMBER.length);
    for (let number = numbers.get(pattern) ?? 0; ; number++) {
      const name = `${stem}[${number}]`;
      if (isTaken(name)) continue;
      numbers.set(pattern, number + 1);
      return name;
    }
  }

  *#leaves(): Iterable<QomLeaf> {
    const regions = this.#regions ?? this.#foreign;
    if (regions !== undefined) yield* regionLeaves(regions, this.type, this.#regionPath);
    for (const list of this.#lists ?? []) yield* list();
  }

  readonly #regionPath: RegionPath = (region) => {
    if (region.owner !== undefined) return region.owner.pathOf(region);
    return this.#root.child("machine")?.child("unattached")?.pathOf(region) ?? "";
  };

  get #root(): QomNode {
    return this.parent === undefined ? this : this.parent.#root;
  }

  #leafNode(leaf: QomLeaf): QomNode {
    return new QomNode(leaf.name, leaf.type, this, { properties: () => leaf.properties?.() ?? [] });
  }
}

function pathBelow(parent: string, name: string): string {
  return `${parent === "/" ? "" : parent}/${name}`;
}

function typeProperty(type: string): QomProperty {
  return { name: "type", type: "string", get: () => type };
}

function childProperty(child: QomNode): QomProperty {
  return { name: child.name, type: `child<${child.type}>`, get: () => child.path };
}
