// What a device holds: requests are counted and timed on their way to the node.
import { disposable, type Clock, type Disposable } from "backplane";
import type { FaultHandler } from "./faults.ts";
import type {
  BlockBackend,
  BlockBuffer,
  BlockCounters,
  BlockFault,
  BlockUser,
  IoVector,
  ReadOptions,
  WriteOptions,
  ZeroOptions,
} from "./contract.ts";
import { vectorLength } from "./io-vector.ts";
import type { GraphNode } from "./node.ts";

function counters(): BlockCounters {
  return { operations: 0, bytes: 0, failed: 0, invalid: 0, totalNs: 0 };
}

export interface BackendSettings {
  /** Whether `query-blockstats` counts failed and invalid requests as time. */
  accountInvalid: boolean;
  accountFailed: boolean;
}

export interface BackendServices {
  readonly clock: Clock;
  readonly faults: FaultHandler;
}

export class Backend implements BlockBackend {
  /** Empty once the drive was taken away from its device. */
  name: string;
  /** What has stopped the machine, until it goes on. */
  ioStatus: "ok" | "failed" | "nospace" = "ok";
  readonly settings: BackendSettings = { accountInvalid: true, accountFailed: true };
  readonly statistics = { read: counters(), write: counters(), flush: counters(), unmap: counters() };
  writeCache = true;
  /** When the last request ended, in virtual time. */
  lastAccess: number | undefined;
  node: GraphNode | undefined;
  user: BlockUser | undefined;
  readonly #clock: Clock;
  readonly policy = { read: "report", write: "enospc" };
  readonly #faults: FaultHandler;
  readonly #release: (backend: Backend) => void;
  #pending = 0;
  #idle: (() => void)[] = [];

  constructor(
    name: string,
    node: GraphNode | undefined,
    { clock, faults }: BackendServices,
    release: (backend: Backend) => void,
  ) {
    this.name = name;
    this.node = node;
    this.#clock = clock;
    this.#faults = faults;
    this.#release = release;
  }

  get inserted(): boolean {
    return this.node !== undefined;
  }

  get length(): number {
    return this.node?.length ?? 0;
  }

  get readOnly(): boolean {
    return this.node?.readOnly ?? false;
  }

  get pending(): number {
    return this.#pending;
  }

  read(offset: number, into: IoVector, options?: ReadOptions): Promise<BlockFault> {
    return this.#count(this.statistics.read, vectorLength(into), (node) => node.read(offset, into, options));
  }

  write(offset: number, from: IoVector, options?: WriteOptions): Promise<BlockFault> {
    // Without a cache each write is on the medium when it is done.
    const through = this.writeCache ? options : { ...options, forceUnitAccess: true };
    return this.#count(this.statistics.write, vectorLength(from), async (node) => {
      const fault = await node.write(offset, from, through);
      return fault ?? (through?.forceUnitAccess === true ? node.flush() : undefined);
    });
  }

  writeZeroes(offset: number, length: number, options?: ZeroOptions): Promise<BlockFault> {
    return this.#count(this.statistics.write, length, (node) => node.writeZeroes(offset, length, options));
  }

  discard(offset: number, length: number): Promise<BlockFault> {
    return this.#count(this.statistics.unmap, length, (node) => node.discard(offset, length));
  }

  flush(): Promise<BlockFault> {
    return this.#count(this.statistics.flush, 0, (node) => node.flush());
  }

  settle(kind: "read" | "write", fault: string): Promise<"retry" | "report" | "ignore"> {
    return this.#faults.settle(this, kind, fault);
  }

  registerBuffer(buffer: BlockBuffer): Disposable {
    return this.node?.registerBuffer(buffer) ?? disposable(() => undefined);
  }

  drained(): Promise<void> {
    return this.#pending === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  dispose(): void {
    this.#release(this);
  }

  async #count(
    counter: BlockCounters,
    bytes: number,
    request: (node: GraphNode) => Promise<BlockFault>,
  ): Promise<BlockFault> {
    const { node } = this;
    if (node === undefined) return "ENOMEDIUM";
    const begun = this.#clock.now;
    this.#pending++;
    try {
      const fault = await request(node);
      const took = this.#clock.now - begun;
      if (fault === undefined) {
        counter.operations++;
        counter.bytes += bytes;
        counter.totalNs += took;
      } else {
        counter.failed++;
        if (this.settings.accountFailed) counter.totalNs += took;
      }
      this.lastAccess = this.#clock.now;
      return fault;
    } finally {
      this.#pending--;
      if (this.#pending === 0) for (const done of this.#idle.splice(0)) done();
    }
  }
}
