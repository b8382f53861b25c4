/**
 * The block layer: a graph of nodes that hold or transform bytes, and backends through which devices use them.
 *
 * A device takes a backend while it is realized, by the drive's id or by a node's name:
 *
 *     this.backend = block.attach(properties.drive, { device, name: id, writable: true });
 *     const fault = await this.backend.read(offset, [view0, view1]);
 *
 * Requests carry vectors of memory and move the bytes straight into or out of it; what went wrong is data, the name of
 * an errno, since a device reports it to its guest.
 */
import {
  token,
  type DeviceContext,
  type Disposable,
  type HostAddress,
  type HostMemory,
  type JsonObject,
} from "backplane";

export {
  blockDeviceProperties,
  type BlockSizes,
  configureBackend,
  geometryProperties,
  GRANULARITY_UNSET,
  readBlockSizes,
} from "./device-properties.ts";
/**
 * Locks on an image of the host, for whoever opens one without a `file` node (a modelled disk): the same bytes as the
 * peer's, so that a second writer of it is refused, in this process or another. They go when the descriptor is closed.
 */
export { type FileLocks, openFileLocks } from "./file-locks.ts";
export { type DiskGeometry, givenGeometry, guessGeometry } from "./geometry.ts";

/** Why a request failed: the name of the errno, `EIO`. Undefined: it did not. */
export type BlockFault = string | undefined;

/** Scattered memory, in order. The views belong to the caller, and must stay what they are until the request is done. */
export type IoVector = readonly Uint8Array[];

/** What is done with a node's bytes. */
export type BlockOperation = "read" | "write" | "write-zeroes" | "discard" | "flush";

export interface ReadOptions {
  /**
   * Where each part of the vector lies, when all of it is in memory that was registered (`registerBuffer`): a driver whose
   * medium reaches memory by itself transfers directly.
   */
  readonly addresses?: readonly HostAddress[];
}
export interface WriteOptions extends ReadOptions {
  /** Done when it is on the medium, not when it is in a cache. */
  readonly forceUnitAccess?: boolean;
}
export interface ZeroOptions {
  /** The zeroes may be made by giving space back. */
  readonly mayUnmap?: boolean;
}

/** Memory that is announced before it is used, so that a driver can set up direct transfers. */
export interface BlockBuffer {
  readonly host: HostAddress;
  readonly length: number;
  readonly memory: HostMemory;
}

/** What the host's own asynchronous I/O knows of such memory, for one node that does its transfers through it. */
export interface RegisteredBuffers {
  /** Throws a `HostCallError`, and then nothing of it is registered. */
  register(host: HostAddress, length: number): Disposable;
}

/** Where the nodes whose medium is the host's (`file`, `null-co`, `null-aio`) register memory. */
export interface RegisteredBufferHost {
  /** Asked once per node, when it is opened. */
  buffersOf(nodeName: string): RegisteredBuffers;
}

/** What nodes and backends have in common: bytes behind offsets. Requests run concurrently; order comes from awaiting. */
export interface BlockTarget {
  /** In bytes, a multiple of 512 for nodes below devices. */
  readonly length: number;
  readonly readOnly: boolean;
  read(offset: number, into: IoVector, options?: ReadOptions): Promise<BlockFault>;
  write(offset: number, from: IoVector, options?: WriteOptions): Promise<BlockFault>;
  writeZeroes(offset: number, length: number, options?: ZeroOptions): Promise<BlockFault>;
  discard(offset: number, length: number): Promise<BlockFault>;
  flush(): Promise<BlockFault>;
  /**
   * Announces memory to every node below that cares. Throws when one refuses, and then none has it. Disposing takes it
   * back from all.
   */
  registerBuffer(buffer: BlockBuffer): Disposable;
}

/** A node of the graph. */
export interface BlockNode extends BlockTarget {
  /** As given, or made up: `#block123`. */
  readonly nodeName: string;
  /** `file`, `raw`, `null-co`, … */
  readonly driver: string;
  /** As `info block` shows it: a path, or `json:{…}`, or the driver's own way of saying it. */
  readonly filename: string;
  /** Nodes below, by their role. */
  readonly children: readonly { readonly role: string; readonly node: BlockNode }[];
  /** `blkdebug` listens to what happens above it: `read_aio`, `flush_to_disk`. */
  notice(event: string): void;
}

/** A device, or a device inside one, as far as messages name it. */
export type BlockUserDevice = Pick<DeviceContext, "id" | "path" | "type">;

/** What the user of a backend must take part in. */
export interface BlockUser {
  /** For messages and `query-block`'s `qdev`. */
  readonly device: BlockUserDevice;
  /** `if-possible`: it takes a node that cannot be written as it is. */
  readonly writable: boolean | "if-possible";
  /** Lets others write the node as well. */
  readonly shareWrite?: boolean;
  /** The guest can take the medium out. */
  readonly removable?: boolean;
  /** `query-block` calls what this is. */
  readonly tray?: { readonly open: boolean; readonly locked: boolean };
  /** A drive goes with its device, unless that never came to be. Absent: it did. */
  isRealized?(): boolean;
  /** The node has another length. */
  resized?(): void;
  /** Another medium was put in, or the medium was taken out. */
  mediumChanged?(present: boolean): void;
  /** The user wants the medium out although the guest has locked it in. */
  ejectRequested?(force: boolean): void;
}

/** Counters since the machine was made; `block_acct` of the peer. */
export interface BlockCounters {
  operations: number;
  bytes: number;
  failed: number;
  invalid: number;
  totalNs: number;
}

/** What a device holds on to. Its node may be missing (an empty drive). */
export interface BlockBackend extends BlockTarget, Disposable {
  /** The drive's id; empty for a backend that a device made for itself from a node name. */
  readonly name: string;
  readonly node: BlockNode | undefined;
  readonly inserted: boolean;
  /** Writes are cached until a flush. The guest may change it. */
  writeCache: boolean;
  readonly statistics: { readonly [K in "read" | "write" | "flush" | "unmap"]: BlockCounters };
  /** What becomes of faults: `report`, `ignore`, `stop`, `enospc` (stops when the host is full, reports otherwise). */
  readonly policy: { read: string; write: string };
  /**
   * Asks the policy about a fault, and tells the monitors. `retry` comes when the machine, which was stopped, runs again.
   */
  settle(kind: "read" | "write", fault: string): Promise<"retry" | "report" | "ignore">;
  /** Requests that have begun and are not done. */
  readonly pending: number;
  /** Resolves when none is pending. */
  drained(): Promise<void>;
}

/** What `-drive` said that is the device's business, not the node's. */
export interface DriveFacts {
  readonly id: string;
  readonly interface: string;
  readonly media: "disk" | "cdrom";
  readonly bus: number;
  readonly unit: number;
  readonly serial: string | undefined;
  readonly readErrors: string;
  readonly writeErrors: string;
}

/** Reads the options of a driver and makes its node. */
export interface BlockDriver {
  readonly name: string;
  /** Which options are nodes below. */
  readonly children: readonly string[];
  /** Options that make it what it is, which its `json:` name tells; the others only say how it works. */
  readonly identifying: readonly string[];
  /** It opens its children itself, so that they are younger than it is. */
  readonly opensChildren?: boolean;
  /**
   * What takes its time and is needed before `open`, such as reading a file that may be a pipe. Not called for nodes of
   * the machine's definition, whose machine does not run yet.
   */
  prepare?(options: JsonObject, signal: AbortSignal): Promise<JsonObject>;
  /** Children are open by then. Throws with the peer's text, and then has left nothing. */
  open(request: BlockOpenRequest): BlockDriverNode;
}

export interface BlockOpenRequest {
  /** What was given, without the options that every node has and without children. */
  readonly options: JsonObject;
  readonly nodeName: string;
  readonly readOnly: boolean;
  readonly autoReadOnly: boolean;
  /** `discard=unmap`. */
  readonly unmap: boolean;
  readonly cache: { readonly direct: boolean; readonly noFlush: boolean };
  /** The node that stands under `role` in the options. */
  readonly child: (role: string) => BlockNode;
  /** For a driver whose medium is the host's. Undefined where nothing needs to be told. */
  readonly buffers: RegisteredBuffers | undefined;
}

/** What a driver implements. Ranges are within the node's length by then. */
export interface BlockDriverNode {
  readonly length: number;
  /** A short way to say what it is, if there is one; otherwise its options say it. */
  readonly filename: string | undefined;
  /** It turned out that it cannot be written. */
  readonly readOnly?: boolean;
  read(offset: number, into: IoVector, options: ReadOptions): Promise<BlockFault>;
  write(offset: number, from: IoVector, options: WriteOptions): Promise<BlockFault>;
  writeZeroes?(offset: number, length: number, options: ZeroOptions): Promise<BlockFault>;
  discard?(offset: number, length: number): Promise<BlockFault>;
  flush?(): Promise<BlockFault>;
  /** Throws with the peer's text. */
  truncate?(length: number): Promise<void> | void;
  registerBuffer?(buffer: BlockBuffer): Disposable;
  /** Bytes that the host holds for it; undefined where nobody can say. */
  allocated?(): number | undefined;
  /** `driver-specific` of `query-blockstats`. */
  statistics?(): JsonObject | undefined;
  /** See `BlockNode.notice`. */
  notice?(event: string): void;
  /** `format-specific` of the image. */
  specific?(): JsonObject | undefined;
  /** Somebody wants to write it, or nobody does any more; throws when another process forbids it. */
  lock?(permissions: BlockPermissions): void;
  close?(): Promise<void> | void;
}

/** What the users of a node do, and what they let others do. */
export interface BlockPermissions {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly sharesWrites: boolean;
}

/** The block layer of a machine. */
export interface Block {
  /** A driver of a plugin's own. */
  addDriver(driver: BlockDriver): Disposable;
  /**
   * Who makes devices for drives of an interface (`if=virtio`) that nobody has taken, when the definition's devices are
   * there. There is at most one for each.
   */
  addInterface(name: string, make: (drive: DriveFacts) => void): Disposable;
  /** Where nodes register memory that are opened from now on. There is at most one; without it they need not. */
  useBufferHost(host: RegisteredBufferHost): Disposable;
  readonly drives: readonly DriveFacts[];
  drive(id: string): DriveFacts | undefined;
  /** The drive at a place of a bus of the machine, for machine types that put devices there. */
  driveAt(interfaceName: string, bus: number, unit: number): DriveFacts | undefined;
  node(name: string): BlockNode | undefined;
  /** Throws what `attach` would throw because of the name alone. */
  check(name: string, device: BlockUserDevice): void;
  /** Takes the drive or node for a device. Throws with the peer's texts. The caller disposes it. */
  attach(name: string, user: BlockUser): BlockBackend;
  /** A backend without a medium, for a removable drive to which none was given. */
  attachEmpty(user: BlockUser): BlockBackend;
}

export const BLOCK = token<Block>("BLOCK");
