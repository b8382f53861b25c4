import type { MemoryRegion } from "../memory/index.ts";
import type { IrqLine } from "../machine/irq.ts";
import type { Qom, QomObject } from "./contract.ts";
import { qomErrors } from "./errors.ts";
import { QomNode, type QomNodeParts } from "./node.ts";
import type { QomTypeTable } from "./types.ts";

export interface QomTreeParts {
  readonly types: QomTypeTable;
  /** `pc-q35-10.0-machine`. */
  readonly machineType: string;
  readonly machine?: QomNodeParts;
  /** Regions that belong to no device. */
  readonly unowned: Iterable<MemoryRegion>;
}

/** What a path leads to: one object, none, or so many that nobody knows which is meant. */
type Found = QomNode | "ambiguous" | undefined;

/** The tree of a machine, with the containers that every machine has. */
export class QomTree implements Qom {
  readonly root = new QomNode("", "container", undefined);
  readonly machine: QomNode;
  readonly peripheral: QomNode;
  readonly anonymous: QomNode;
  readonly unattached: QomNode;
  /** The bus of what the machine itself holds. */
  readonly systemBus: QomNode;
  readonly objects: QomNode;
  readonly types: QomTypeTable;
  readonly #lines = new WeakMap<IrqLine, QomObject>();

  constructor({ types, machineType, machine = {}, unowned }: QomTreeParts) {
    this.types = types;
    // In the peer's order, which decides in which order they are listed.
    this.objects = this.root.place("objects", "container", {});
    this.root.addChild("chardevs", "container");
    this.machine = this.root.place("machine", machineType, machine);
    this.unattached = this.machine.place("unattached", "container", { regions: unowned });
    this.peripheral = this.machine.place("peripheral", "container", {});
    this.anonymous = this.machine.place("peripheral-anon", "container", {});
    this.systemBus = this.unattached.place("sysbus", "System", {});
    this.systemBus.add({ name: "hotplug-handler", type: "link<hotplug-handler>", get: () => "" });
    this.systemBus.add({ name: "realized", type: "bool", get: () => false });
    this.root.addChild("backend", "container");
  }

  resolve(path: string): QomNode {
    const found = this.#lookUp(path);
    if (found === "ambiguous") throw qomErrors.QOM_AMBIGUOUS(path);
    if (found === undefined) throw qomErrors.QOM_NOT_FOUND(path);
    return found;
  }

  find(path: string): QomNode | undefined {
    const found = this.#lookUp(path);
    return found === "ambiguous" ? undefined : found;
  }

  pathOf(region: MemoryRegion): string {
    return (region.owner ?? this.unattached).pathOf(region);
  }

  nameLine(line: IrqLine, object: QomObject): void {
    this.#lines.set(line, object);
  }

  lineName(line: IrqLine): string | undefined {
    return this.#lines.get(line)?.path;
  }

  #lookUp(path: string): Found {
    const steps = path.split("/").filter((step) => step !== "");
    if (path.startsWith("/")) return descend(this.root, steps);
    return search(this.root, steps);
  }
}

function descend(from: QomNode, steps: readonly string[]): QomNode | undefined {
  let node: QomNode | undefined = from;
  for (const step of steps) node = node?.child(step) ?? linked(node, step);
  return node;
}

/** A step may be the name of a link; what it leads to is named by its path. */
function linked(node: QomNode | undefined, name: string): QomNode | undefined {
  const link = node?.property(name);
  if (link?.type.startsWith("link<") !== true) return undefined;
  const target = link.get?.();
  if (typeof target !== "string" || target === "") return undefined;
  let root = node;
  while (root?.parent !== undefined) root = root.parent;
  return root === undefined ? undefined : descend(root, target.split("/").slice(1));
}

/** All places of the tree are tried as the start of the path. */
function search(node: QomNode, steps: readonly string[]): Found {
  let found: Found = descend(node, steps);
  for (const child of node.children()) {
    const below = search(child, steps);
    if (below === undefined) continue;
    if (below === "ambiguous" || found !== undefined) return "ambiguous";
    found = below;
  }
  return found;
}
