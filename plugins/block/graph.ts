// All nodes of a machine: opening, naming, holding, deleting.
import { writeJson, type JsonObject, type JsonValue } from "backplane";
import type { BlockDriver, BlockNode, BlockPermissions, RegisteredBufferHost } from "./contract.ts";
import { blockErrors } from "./errors.ts";
import { checkNodeName, checkNodeNameLength, NodeNames } from "./names.ts";
import { GraphNode, type DetectZeroes, type NodeUser } from "./node.ts";
import { UNMODELLED_DRIVERS } from "./schema.ts";
import { textOf } from "./text-of.ts";

const NODE_OPTIONS = new Set([
  "driver",
  "node-name",
  "discard",
  "cache",
  "active",
  "read-only",
  "auto-read-only",
  "force-share",
  "detect-zeroes",
]);

/** What `prepare` of the drivers has found, by the options that it was found for. */
export type Prepared = ReadonlyMap<JsonObject, JsonObject>;

/** What a node below takes from the one above where it says nothing itself. */
interface Inherited {
  readonly readOnly: boolean;
  readonly autoReadOnly: boolean;
  readonly unmap: boolean;
  readonly direct: boolean;
  readonly noFlush: boolean;
}
const NOTHING_INHERITED: Inherited = {
  readOnly: false,
  autoReadOnly: false,
  unmap: false,
  direct: false,
  noFlush: false,
};

export class BlockGraph {
  /** Where nodes register memory. */
  bufferHost: RegisteredBufferHost | undefined;
  readonly #drivers: ReadonlyMap<string, BlockDriver>;
  /** By age: children are older than their parents, unless these open them themselves. */
  #nodes: GraphNode[] = [];
  readonly #names = new NodeNames();
  /** Whether a drive has that name. */
  readonly #isDrive: (name: string) => boolean;

  constructor(drivers: ReadonlyMap<string, BlockDriver>, isDrive: (name: string) => boolean) {
    this.#drivers = drivers;
    this.#isDrive = isDrive;
  }

  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  find(name: string): GraphNode | undefined {
    return this.nodes.find(({ nodeName }) => nodeName === name);
  }

  /** Gathers what drivers need before nodes are opened. */
  async prepare(options: JsonObject, signal: AbortSignal): Promise<Prepared> {
    const result = new Map<JsonObject, JsonObject>();
    const visit = async (given: JsonObject): Promise<void> => {
      const driver = this.#drivers.get(textOf(given["driver"]));
      for (const role of driver?.children ?? []) {
        const below = given[role];
        if (isObject(below)) await visit(below);
      }
      if (driver?.prepare !== undefined) result.set(given, await driver.prepare(given, signal));
    };
    await visit(options);
    return result;
  }

  /** Opens a node with all below it. What was opened for it is closed again when it fails. */
  open(options: JsonObject, prepared: Prepared = new Map(), inherited = NOTHING_INHERITED): GraphNode {
    const name = textOf(options["driver"]);
    const driver = this.#drivers.get(name);
    if (driver === undefined) {
      throw UNMODELLED_DRIVERS.some((known) => known === name)
        ? blockErrors.BLOCK_DRIVER_UNMODELLED(name)
        : blockErrors.BLOCK_DRIVER(name);
    }
    const settings = readSettings(options, inherited);
    const children: { role: string; node: GraphNode }[] = [];
    const { opensChildren = false } = driver;
    const age = this.#nodes.length;
    const early = opensChildren ? this.#nameFor(options["node-name"]) : undefined;
    try {
      for (const role of driver.children) {
        const node = this.#openChild(options[role], prepared, settings);
        node.references++;
        children.push({ role, node });
      }
      const nodeName = early ?? this.#nameFor(options["node-name"]);
      const own = Object.fromEntries(
        Object.entries(options).filter(([key]) => !NODE_OPTIONS.has(key) && !driver.children.includes(key)),
      );
      const implementation = driver.open({
        options: { ...own, ...prepared.get(options) },
        nodeName,
        readOnly: settings.readOnly,
        autoReadOnly: settings.autoReadOnly,
        unmap: settings.unmap,
        cache: { direct: settings.direct, noFlush: settings.noFlush },
        child: (role) => childOf(children, role),
        buffers: this.bufferHost?.buffersOf(nodeName),
      });
      const node = new GraphNode(
        {
          nodeName,
          driver: name,
          children,
          readOnly: settings.readOnly || children.some((child) => child.node.readOnly),
          detectZeroes: settings.detectZeroes,
          unmap: settings.unmap,
          cache: { direct: settings.direct, noFlush: settings.noFlush },
          fullOptions: fullOptions(driver, own, children),
          describedBy: ({ fullOptions: full }) => `json:${writeJson(full)}`,
        },
        implementation,
      );
      this.#nodes.splice(opensChildren ? age : this.#nodes.length, 0, node);
      return node;
    } catch (failure) {
      for (const { node } of children.toReversed()) this.release(node);
      throw failure;
    }
  }

  /** Gives up one hold; the node is closed when it was the last. */
  release(node: GraphNode): void {
    node.references--;
    if (node.references > 0) return;
    this.#nodes = this.#nodes.filter((other) => other !== node);
    void node.close();
    for (const child of node.children.toReversed()) this.release(child.node);
  }

  /** Lets a user in, if what it does and what others let happen fit. Throws with the peer's text. */
  use(node: GraphNode, user: NodeUser): void {
    if (user.writes && node.readOnly) throw blockErrors.BLOCK_READ_ONLY();
    const others = [...node.users];
    const writer = user.writes ? user : others.find(({ writes }) => writes);
    const jealous = user.sharesWrites ? others.find(({ sharesWrites }) => !sharesWrites) : user;
    // With nobody else there is nobody to forbid anything.
    const clashes = others.some(
      (other) => (user.writes && !other.sharesWrites) || (other.writes && !user.sharesWrites),
    );
    if (clashes && writer !== undefined && jealous !== undefined) {
      const [first = user] = others.filter(({ writes }) => writes);
      const other = first === jealous ? user : jealous;
      throw blockErrors.BLOCK_WRITERS(node.nodeName, first.name, other.name);
    }
    node.users.add(user);
    node.references++;
    try {
      node.updatePermissions(permissionsOf(node.users));
    } catch (failure) {
      node.users.delete(user);
      node.references--;
      throw failure;
    }
  }

  leave(node: GraphNode, user: NodeUser): void {
    if (!node.users.delete(user)) return;
    node.updatePermissions(permissionsOf(node.users));
    this.release(node);
  }

  async closeAll(): Promise<void> {
    const nodes = this.#nodes.toReversed();
    this.#nodes = [];
    for (const node of nodes) await node.close();
  }

  /** Throws when the name cannot be given to a node. */
  #nameFor(given: JsonValue | undefined): string {
    if (given === undefined) return this.#names.make();
    const name = textOf(given);
    checkNodeName(name);
    if (this.#isDrive(name)) throw blockErrors.BLOCK_NODE_CONFLICT(name);
    if (this.find(name) !== undefined) throw blockErrors.BLOCK_NODE_DUPLICATE(name);
    checkNodeNameLength(name);
    return name;
  }

  #openChild(given: JsonValue | undefined, prepared: Prepared, settings: Inherited): GraphNode {
    if (isObject(given)) return this.open(given, prepared, settings);
    const name = textOf(given);
    const node = this.find(name);
    if (node === undefined) throw blockErrors.BLOCK_REFERENCE(name, name);
    return node;
  }
}

function childOf(children: readonly { role: string; node: GraphNode }[], role: string): BlockNode {
  const found = children.find((candidate) => candidate.role === role);
  if (found === undefined) throw blockErrors.BLOCK_NOT_FOUND(role);
  return found.node;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readSettings(options: JsonObject, inherited: Inherited): Inherited & { readonly detectZeroes: DetectZeroes } {
  const cache = isObject(options["cache"]) ? options["cache"] : {};
  const flag = (value: JsonValue | undefined, otherwise: boolean): boolean =>
    typeof value === "boolean" ? value : otherwise;
  const detect = options["detect-zeroes"];
  const unmap = options["discard"];
  if (options["active"] === false) throw blockErrors.BLOCK_OPTION_UNMODELLED("active", "off");
  if (options["force-share"] === true) throw blockErrors.BLOCK_OPTION_UNMODELLED("force-share", "on");
  return {
    readOnly: flag(options["read-only"], inherited.readOnly),
    autoReadOnly: flag(options["auto-read-only"], inherited.autoReadOnly),
    // What a format discards, the file below gives back.
    unmap: unmap === undefined ? inherited.unmap : unmap === "unmap",
    direct: flag(cache["direct"], inherited.direct),
    noFlush: flag(cache["no-flush"], inherited.noFlush),
    detectZeroes: detect === "on" || detect === "unmap" ? detect : "off",
  };
}

function permissionsOf(users: ReadonlySet<NodeUser>): BlockPermissions {
  const all = [...users];
  return {
    reads: all.length > 0,
    writes: all.some(({ writes }) => writes),
    sharesWrites: all.every(({ sharesWrites }) => sharesWrites),
  };
}

/** What made the node, as its `json:` name tells it; lists are flattened, nodes below are told by their own options. */
function fullOptions(
  { name, identifying }: BlockDriver,
  own: JsonObject,
  children: readonly { role: string; node: GraphNode }[],
): JsonObject {
  const result: Record<string, JsonValue> = { driver: name };
  for (const { role, node } of children) result[role] = node.fullOptions;
  const flatten = (prefix: string, value: JsonValue | undefined): void => {
    if (value === undefined) return;
    if (Array.isArray(value)) value.forEach((item: JsonValue, index) => flatten(`${prefix}.${index}`, item));
    else if (isObject(value)) for (const [key, item] of Object.entries(value)) flatten(`${prefix}.${key}`, item);
    else result[prefix] = value;
  };
  for (const key of identifying) flatten(key, own[key]);
  return result;
}
