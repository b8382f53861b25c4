import {
  asBackplaneError,
  checkArguments,
  disposable,
  parseJson,
  type Disposable,
  type JsonObject,
  type Logger,
  type Origin,
} from "backplane";
import { Backend, type BackendServices } from "./backend.ts";
import type {
  Block,
  BlockBackend,
  BlockDriver,
  BlockNode,
  BlockUser,
  BlockUserDevice,
  DriveFacts,
  RegisteredBufferHost,
} from "./contract.ts";
import { readDrive, type DriveRequest } from "./drive.ts";
import { blkdebugDriver } from "./drivers/blkdebug.ts";
import { fileDriver } from "./drivers/file.ts";
import { nullDrivers } from "./drivers/null.ts";
import { absentNvmeDriver } from "./drivers/nvme.ts";
import { rawDriver } from "./drivers/raw.ts";
import { blockErrors } from "./errors.ts";
import { BlockGraph, isObject } from "./graph.ts";
import type { GraphNode, NodeUser } from "./node.ts";
import { optionTree, splitOptions } from "./option-tree.ts";
import type { BlockOptions, DriveOption, NodeOption } from "./options.ts";
import { blockdevOptions, driverOptions, UNMODELLED_DRIVERS } from "./schema.ts";
import { textOf } from "./text-of.ts";
import { typed } from "./typed.ts";

/** Where `-hda` and its kin put a drive. */
const SHORT_HANDS = [
  ["hda", 0],
  ["hdb", 1],
  ["hdc", 2],
  ["cdrom", 2],
  ["hdd", 3],
] as const;
const DEFAULT_INTERFACE = "ide";
/** Where the drive without a medium goes: on a controller with one drive a bus, index and bus are one. */
const EMPTY_CDROM = { index: 2, place: [2, 0] } as const;

/** What the monitor sees of a drive. */
export interface Drive {
  readonly facts: DriveFacts;
  readonly backend: Backend;
  /** The option that made it. */
  readonly commandLine: string | undefined;
}

export class BlockService implements Block {
  readonly graph: BlockGraph;
  readonly #drivers = new Map<string, BlockDriver>();
  readonly #drives = new Map<string, Drive>();
  /** Drives, and what devices made for themselves, in order of their making. */
  readonly #backends = new Set<Backend>();
  readonly #users = new Map<Backend, NodeUser>();
  /** By interface. */
  readonly #makers = new Map<string, (drive: DriveFacts) => void>();
  readonly #services: BackendServices;
  readonly #log: Logger;

  constructor(services: BackendServices, log: Logger) {
    this.#services = services;
    this.#log = log;
    for (const driver of [...nullDrivers, fileDriver, rawDriver, blkdebugDriver, absentNvmeDriver])
      this.#drivers.set(driver.name, driver);
    this.graph = new BlockGraph(this.#drivers, (name) => this.#drives.has(name));
  }

  get drives(): readonly DriveFacts[] {
    return [...this.#drives.values()].map(({ facts }) => facts);
  }

  get backends(): readonly Backend[] {
    return [...this.#backends];
  }

  addDriver(driver: BlockDriver): Disposable {
    this.#drivers.set(driver.name, driver);
    return disposable(() => void this.#drivers.delete(driver.name));
  }

  addInterface(name: string, make: (drive: DriveFacts) => void): Disposable {
    this.#makers.set(name, make);
    return disposable(() => void this.#makers.delete(name));
  }

  useBufferHost(host: RegisteredBufferHost): Disposable {
    this.graph.bufferHost = host;
    return disposable(() => {
      this.graph.bufferHost = undefined;
    });
  }

  drive(id: string): DriveFacts | undefined {
    return this.#drives.get(id)?.facts;
  }

  driveAt(interfaceName: string, bus: number, unit: number): DriveFacts | undefined {
    return this.drives.find((facts) => facts.interface === interfaceName && facts.bus === bus && facts.unit === unit);
  }

  backend(id: string): Backend | undefined {
    return this.#drives.get(id)?.backend;
  }

  node(name: string): BlockNode | undefined {
    return this.graph.find(name);
  }

  /** What the machine's definition says: nodes first, as on the peer. */
  build(options: BlockOptions): void {
    for (const [index, given] of options.nodes.entries())
      at(given.commandLine, () => inDefinition(given, index, () => void this.addNode(nodeOptionsOf(given))));
    for (const [name, index] of SHORT_HANDS) {
      const given = options[name];
      const media = name === "cdrom" ? "cdrom" : "disk";
      if (given !== undefined)
        at(given.commandLine, () => this.addDrive({ ...given, index, media }, DEFAULT_INTERFACE));
    }
    for (const given of options.drives) at(given.commandLine, () => this.addDrive(given, DEFAULT_INTERFACE));
    const [bus, unit] = EMPTY_CDROM.place;
    if (options.emptyCdrom && this.driveAt(DEFAULT_INTERFACE, bus, unit) === undefined) {
      this.addDrive({ index: EMPTY_CDROM.index, media: "cdrom" }, DEFAULT_INTERFACE);
    }
  }

  /** A node for the monitor to own. Throws with the peer's texts. */
  addNode(options: JsonObject, prepared?: Parameters<BlockGraph["open"]>[1]): GraphNode {
    if (typeof options["node-name"] !== "string") throw blockErrors.BLOCK_NODE_NAME_MISSING();
    const node = this.graph.open(options, prepared);
    node.monitorOwned = true;
    node.references++;
    return node;
  }

  deleteNode(name: string): void {
    const node = this.graph.find(name);
    if (node === undefined) throw blockErrors.BLOCK_NOT_FOUND(name);
    if (node.users.size > 0) throw blockErrors.BLOCK_NODE_USED(name);
    if (!node.monitorOwned) throw blockErrors.BLOCK_NODE_FOREIGN(name);
    if (node.references > 1) throw blockErrors.BLOCK_NODE_REFERENCED(name);
    node.monitorOwned = false;
    this.graph.release(node);
  }

  addDrive(given: DriveOption, defaultInterface: string): Drive {
    const { commandLine, ...options } = given;
    const request = readDrive(options, {
      defaultInterface,
      isTaken: (name, bus, unit) => this.driveAt(name, bus, unit) !== undefined,
    });
    if (this.#drives.has(request.id)) throw blockErrors.BLOCK_DRIVE_DUPLICATE(request.id);
    if (this.graph.find(request.id) !== undefined) throw blockErrors.BLOCK_DRIVE_CONFLICT(request.id);
    const node = this.#openDrive(request, String(options["file"] ?? ""));
    const backend = new Backend(request.id, node, this.#services, (left) => this.#detach(left));
    backend.writeCache = request.writeCache;
    backend.policy.read = request.readErrors;
    backend.policy.write = request.writeErrors;
    backend.settings.accountFailed = request.account.failed;
    backend.settings.accountInvalid = request.account.invalid;
    const drive = { facts: request, backend, commandLine };
    this.#drives.set(request.id, drive);
    this.#backends.add(backend);
    return drive;
  }

  /** Takes a drive away. Its device, if it has one, keeps an empty one. */
  deleteDrive(id: string): void {
    const drive = this.#drives.get(id);
    if (drive === undefined) throw blockErrors.BLOCK_DEVICE_MISSING(id);
    const { backend } = drive;
    const { node } = backend;
    const user = this.#users.get(backend);
    if (node !== undefined) {
      if (user !== undefined) this.graph.leave(node, user);
      backend.node = undefined;
      this.graph.release(node);
    }
    this.#drives.delete(id);
    // Its device goes on without a name, and with nobody who could put right what fails.
    backend.name = "";
    backend.policy.read = "report";
    backend.policy.write = "report";
    if (user === undefined) this.#backends.delete(backend);
  }

  check(name: string, device: BlockUserDevice): void {
    const drive = this.#drives.get(name);
    if (drive?.backend.user !== undefined) throw blockErrors.BLOCK_DRIVE_TAKEN(name);
    if (drive === undefined && this.graph.find(name) === undefined)
      throw blockErrors.BLOCK_NO_VALUE(device.type.name, "drive", name);
  }

  /** Drives that the machine was to have a place for: those that have none get a device, or are refused. */
  placeOrphans(): void {
    for (const { facts, backend, commandLine } of this.#drives.values()) {
      const { interface: name, bus, unit } = facts;
      if (name === "none" || backend.user !== undefined) continue;
      at(commandLine, () => {
        const make = this.#makers.get(name);
        if (make === undefined) throw blockErrors.BLOCK_INTERFACE_UNMODELLED(name, bus, unit);
        make(facts);
      });
    }
  }

  attach(name: string, user: BlockUser): BlockBackend {
    this.check(name, user.device);
    const drive = this.#drives.get(name);
    if (drive !== undefined) {
      this.#occupy(drive.backend, user);
      return drive.backend;
    }
    const node = this.graph.find(name);
    if (node === undefined) throw blockErrors.BLOCK_NOT_FOUND(name);
    const backend = new Backend("", node, this.#services, (left) => this.#detach(left));
    this.#occupy(backend, user);
    this.#backends.add(backend);
    return backend;
  }

  attachEmpty(user: BlockUser): BlockBackend {
    const backend = new Backend("", undefined, this.#services, (left) => this.#detach(left));
    backend.user = user;
    this.#backends.add(backend);
    return backend;
  }

  /** The drive of that id, or of the device of that id. Throws with the peer's texts. */
  removable(device: string | undefined, id: string | undefined): Backend {
    if ((device === undefined) === (id === undefined)) throw blockErrors.BLOCK_WHICH();
    const backend =
      device === undefined
        ? this.backends.find(({ user }) => user !== undefined && (user.device.id === id || user.device.path === id))
        : this.backend(device);
    if (backend === undefined) throw blockErrors.BLOCK_DEVICE_MISSING(device ?? id ?? "");
    return backend;
  }

  /** Takes the medium out; the node goes unless somebody else holds it. */
  takeMedium(backend: Backend): void {
    const { node } = backend;
    const user = this.#users.get(backend);
    if (node === undefined) return;
    if (user !== undefined) this.graph.leave(node, user);
    this.#users.delete(backend);
    backend.node = undefined;
    if (backend.name !== "" && !node.monitorOwned) this.graph.release(node);
  }

  putMedium(backend: Backend, node: GraphNode): void {
    const { user } = backend;
    backend.node = node;
    // A drive holds its node even while no device uses it.
    if (backend.name !== "" && !node.monitorOwned) node.references++;
    if (user !== undefined) this.#occupy(backend, user);
  }

  async close(): Promise<void> {
    await Promise.all(this.backends.map((backend) => backend.drained()));
    await this.graph.closeAll();
  }

  #openDrive(request: DriveRequest, file: string): GraphNode | undefined {
    if (request.node === undefined) return undefined;
    const node = this.graph.open(request.node);
    node.references++;
    if (request.guessed !== undefined && !node.readOnly) {
      this.#log.warn(
        `Image format was not specified for '${file}' and probing guessed raw.\n` +
          "         Automatically detecting the format is dangerous for raw images, write operations on block 0 will be restricted.\n" +
          "         Specify the 'raw' format explicitly to remove the restrictions.",
      );
    }
    return node;
  }

  #occupy(backend: Backend, user: BlockUser): void {
    const { node } = backend;
    if (node !== undefined) {
      const nodeUser: NodeUser = {
        name: user.device.id ?? user.device.path,
        writes: user.writable === "if-possible" ? !node.readOnly : user.writable,
        sharesWrites: user.shareWrite === true,
        resized: () => user.resized?.(),
      };
      this.graph.use(node, nodeUser);
      this.#users.set(backend, nodeUser);
    }
    backend.user = user;
  }

  #detach(backend: Backend): void {
    const { node } = backend;
    const user = this.#users.get(backend);
    const wasRealized = backend.user?.isRealized?.() ?? true;
    if (node !== undefined && user !== undefined) this.graph.leave(node, user);
    this.#users.delete(backend);
    backend.user = undefined;
    const isDrive = this.#drives.get(backend.name)?.backend === backend;
    if (!isDrive) {
      this.#backends.delete(backend);
      return;
    }
    // A drive of the machine's definition goes with its device.
    if (wasRealized) this.deleteDrive(backend.name);
  }
}

function at<T>(commandLine: unknown, task: () => T): T {
  try {
    return task();
  } catch (failure) {
    const origin: Origin | undefined =
      typeof commandLine === "string" ? { kind: "command-line", text: commandLine } : undefined;
    throw asBackplaneError(failure).from(origin);
  }
}

/** A fault in a node of a definition is at the option that its text names, or at the node. */
function inDefinition(given: NodeOption, index: number, task: () => void): void {
  try {
    task();
  } catch (failure) {
    const error = asBackplaneError(failure);
    const option = Object.keys(given).find((name) => error.message.includes(`'${name}'`));
    throw error.at(["nodes", index, ...(option === undefined ? [] : [option])]);
  }
}

/** The options of a node in a definition, or of `-blockdev`, checked. */
function nodeOptionsOf(given: NodeOption): JsonObject {
  if ("argument" in given && typeof given["argument"] === "string" && typeof given["commandLine"] === "string") {
    return parseNodeText(given["argument"]);
  }
  return checkNode(given as JsonObject);
}

export function parseNodeText(text: string): JsonObject {
  if (text.startsWith("{")) {
    const read = parseJson(text);
    const value = "error" in read ? undefined : read.value;
    if (!isObject(value)) throw blockErrors.BLOCK_JSON();
    return checkNode(value);
  }
  const tree = optionTree(splitOptions(text, "driver"));
  const value = typed(blockdevOptions(), tree, "", { suffixes: false });
  return checkNode(isObject(value) ? value : tree);
}

/** Checks against the driver's schema, with names that begin at the node itself. */
export function checkNode(options: JsonObject): JsonObject {
  const { base } = blockdevOptions();
  const { driver: tag } = base;
  const { driver } = options;
  if (tag === undefined) return options;
  const isUnmodelled = UNMODELLED_DRIVERS.some((name) => name === driver);
  if (isUnmodelled) throw blockErrors.BLOCK_DRIVER_UNMODELLED(textOf(driver));
  const { driver: name } = checkArguments(
    { kind: "struct", name: "BlockdevOptions", members: { driver: tag } },
    driver === undefined ? {} : { driver },
  ) as { driver: string };
  const schema = driverOptions(name);
  if (schema === undefined) throw blockErrors.BLOCK_DRIVER_UNMODELLED(name);
  return checkArguments(schema, options) as JsonObject;
}
