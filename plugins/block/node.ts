// A node of the graph: checks ranges, counts what is in flight, and passes requests to its driver.
import { disposable, errnoOf, type Disposable, type JsonObject } from "backplane";
import type {
  BlockBuffer,
  BlockDriverNode,
  BlockFault,
  BlockNode,
  BlockPermissions,
  IoVector,
  ReadOptions,
  WriteOptions,
  ZeroOptions,
} from "./contract.ts";
import { vectorLength } from "./io-vector.ts";

const SECTOR = 512;
/** More than that wait: what a guest can ask for at once is bounded by its devices, what a script can is not. */
const IN_FLIGHT_LIMIT = 256;
const ZERO_CHUNK = 1024 * 1024;

export type DetectZeroes = "off" | "on" | "unmap";

export interface NodeParts {
  readonly nodeName: string;
  readonly driver: string;
  readonly children: readonly { readonly role: string; readonly node: GraphNode }[];
  readonly readOnly: boolean;
  readonly detectZeroes: DetectZeroes;
  readonly unmap: boolean;
  readonly cache: { readonly direct: boolean; readonly noFlush: boolean };
  /** All that was said of it and of the nodes below, for `json:` names. */
  readonly fullOptions: JsonObject;
  readonly describedBy: (node: GraphNode) => string;
}

/** A user of a node as far as others must know. */
export interface NodeUser {
  readonly name: string;
  readonly writes: boolean;
  readonly sharesWrites: boolean;
  resized(): void;
}

export class GraphNode implements BlockNode {
  readonly nodeName: string;
  readonly driver: string;
  readonly children: readonly { readonly role: string; readonly node: GraphNode }[];
  readonly readOnly: boolean;
  readonly detectZeroes: DetectZeroes;
  readonly cache: NodeParts["cache"];
  readonly fullOptions: JsonObject;
  /** The monitor made it, and may delete it. */
  monitorOwned = false;
  /** Nodes that stand on this one, and drives and the monitor that hold it. */
  references = 0;
  readonly users = new Set<NodeUser>();
  writtenUpTo = 0;
  readonly #unmap: boolean;
  readonly #implementation: BlockDriverNode;
  readonly #describedBy: (node: GraphNode) => string;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #idle: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(parts: NodeParts, implementation: BlockDriverNode) {
    this.nodeName = parts.nodeName;
    this.driver = parts.driver;
    this.children = parts.children;
    this.readOnly = parts.readOnly || implementation.readOnly === true;
    this.detectZeroes = parts.detectZeroes;
    this.cache = parts.cache;
    this.fullOptions = parts.fullOptions;
    this.#unmap = parts.unmap;
    this.#implementation = implementation;
    this.#describedBy = parts.describedBy;
  }

  /** Whole sectors: what a file has beyond its last byte reads as zero. */
  get length(): number {
    return Math.ceil(this.#implementation.length / SECTOR) * SECTOR;
  }

  get filename(): string {
    return this.#implementation.filename ?? this.#describedBy(this);
  }

  /** The driver's own short name, if it has one. */
  get exactName(): string | undefined {
    return this.#implementation.filename;
  }

  /** Bytes on the host. A format has what its file has; a filter has none of its own. */
  get allocated(): number | undefined {
    if (this.#implementation.allocated !== undefined) return this.#implementation.allocated();
    return this.child("file")?.allocated;
  }

  get driverStatistics(): JsonObject | undefined {
    return this.#implementation.statistics?.();
  }

  get specific(): JsonObject | undefined {
    return this.#implementation.specific?.();
  }

  child(role: string): GraphNode | undefined {
    return this.children.find((candidate) => candidate.role === role)?.node;
  }

  notice(event: string): void {
    this.#implementation.notice?.(event);
  }

  read(offset: number, into: IoVector, options: ReadOptions = {}): Promise<BlockFault> {
    if (!this.#holds(offset, vectorLength(into))) return Promise.resolve("EIO");
    return this.#run(() => this.#implementation.read(offset, into, options));
  }

  write(offset: number, from: IoVector, options: WriteOptions = {}): Promise<BlockFault> {
    const length = vectorLength(from);
    if (this.readOnly) return Promise.resolve("EPERM");
    if (!this.#holds(offset, length)) return Promise.resolve("EIO");
    this.writtenUpTo = Math.max(this.writtenUpTo, offset + length);
    const isZeroes = this.detectZeroes !== "off" && from.every((part) => part.every((byte) => byte === 0));
    if (isZeroes) return this.writeZeroes(offset, length, { mayUnmap: this.detectZeroes === "unmap" });
    return this.#run(() => this.#implementation.write(offset, from, options));
  }

  writeZeroes(offset: number, length: number, options: ZeroOptions = {}): Promise<BlockFault> {
    if (this.readOnly) return Promise.resolve("EPERM");
    if (!this.#holds(offset, length)) return Promise.resolve("EIO");
    this.writtenUpTo = Math.max(this.writtenUpTo, offset + length);
    const mayUnmap = options.mayUnmap === true && this.#unmap;
    const implementation = this.#implementation;
    return this.#run(() =>
      implementation.writeZeroes === undefined
        ? this.#writeZeroesPlainly(offset, length)
        : implementation.writeZeroes(offset, length, { mayUnmap }),
    );
  }

  /** A hint: where nobody takes it, it is done. */
  discard(offset: number, length: number): Promise<BlockFault> {
    if (this.readOnly) return Promise.resolve("EPERM");
    if (!this.#holds(offset, length)) return Promise.resolve("EIO");
    const implementation = this.#implementation;
    if (!this.#unmap || implementation.discard === undefined) return Promise.resolve(undefined);
    return this.#run(() => implementation.discard?.(offset, length) ?? Promise.resolve(undefined));
  }

  async flush(): Promise<BlockFault> {
    if (this.readOnly) return undefined;
    for (const { node } of this.children) node.notice("flush_to_os");
    if (this.cache.noFlush) return undefined;
    const fault = await this.#run(() => this.#implementation.flush?.() ?? Promise.resolve(undefined));
    if (fault !== undefined) return fault;
    for (const { node } of this.children) {
      node.notice("flush_to_disk");
      const below = await node.flush();
      if (below !== undefined) return below;
    }
    return undefined;
  }

  /** Throws with the peer's text. */
  async truncate(length: number): Promise<boolean> {
    if (this.#implementation.truncate === undefined) return false;
    await this.#implementation.truncate(length);
    for (const user of this.users) user.resized();
    return true;
  }

  registerBuffer(buffer: BlockBuffer): Disposable {
    const taken: Disposable[] = [];
    const release = (): void => {
      for (const one of taken.splice(0).toReversed()) void one.dispose();
    };
    try {
      const own = this.#implementation.registerBuffer?.(buffer);
      if (own !== undefined) taken.push(own);
      for (const { node } of this.children) taken.push(node.registerBuffer(buffer));
    } catch (failure) {
      release();
      throw failure;
    }
    return disposable(release);
  }

  /** Passes what the users do down to whoever holds a lock. */
  updatePermissions(permissions: BlockPermissions): void {
    // A closed file has lost its locks.
    if (this.#closed !== undefined) return;
    this.#implementation.lock?.(permissions);
    for (const { node } of this.children) node.updatePermissions(permissions);
  }

  drained(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Waits for what is under way. The machine closes all nodes before the devices are gone that hold some of them. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.drained();
    await this.#implementation.close?.();
  }

  #holds(offset: number, length: number): boolean {
    return offset >= 0 && length >= 0 && offset + length <= this.length;
  }

  async #run(request: () => Promise<BlockFault>): Promise<BlockFault> {
    if (this.#closed !== undefined) return "EBADF";
    while (this.#inFlight >= IN_FLIGHT_LIMIT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#inFlight++;
    try {
      return await request();
    } catch (failure) {
      return errnoOf(failure) ?? "EIO";
    } finally {
      this.#inFlight--;
      this.#waiting.shift()?.();
      if (this.#inFlight === 0) for (const done of this.#idle.splice(0)) done();
    }
  }

  async #writeZeroesPlainly(offset: number, length: number): Promise<BlockFault> {
    const zeroes = new Uint8Array(Math.min(length, ZERO_CHUNK));
    for (let at = 0; at < length; at += ZERO_CHUNK) {
      const fault = await this.#implementation.write(offset + at, [zeroes.subarray(0, length - at)], {});
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}
