import {
  alignUp,
  byteLength,
  disposable,
  HostCallError,
  hostErrorText,
  TARGET_PAGE_SIZE,
  type ByteLength,
  type Disposable,
  type HostMemory,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
  type ObjectContext,
  type PropertyValues,
  type UserObject,
} from "backplane";
import type { BackendHost, MemoryBackend } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";
import { ADVICE, preallocate, adviseIfPossible } from "./advice.ts";
import { nodeSet } from "./host-nodes.ts";
import type { RAM_PROPERTIES } from "./properties.ts";
import { setCommon, type Settings } from "./settings.ts";
import type { ThreadContext } from "./thread-context.ts";

/** What all backends have in common. */
export type CommonProperties = PropertyValues<typeof RAM_PROPERTIES>;

/** What a backend is made with. */
export interface BackendParts {
  readonly context: Pick<ObjectContext, "id" | "path" | "type" | "own" | "object">;
  readonly regions: MemoryRegions;
  readonly host: BackendHost;
  /** The plugin's: the peer has forgotten which object it was by the time it warns. */
  readonly log: Logger;
  readonly properties: CommonProperties;
  /** Throws unless it is one of a thread context. */
  readonly threadContext: (id: string) => ThreadContext;
  /** What `prealloc-threads` is where nobody says: the machine's processors. */
  readonly processors: number;
}

/** What the kinds differ in. */
export interface BackendSpec {
  /** What the host says of a size that no host has. */
  readonly tooLarge: (size: number) => Error;
  /** Takes what it needs of the host. Throws the peer's words for what the host refuses. */
  readonly allocate: (length: ByteLength) => Allocation;
  /** The size is a multiple of the host's page. */
  readonly isWholePages?: boolean;
  readonly pmem?: boolean;
}

export interface Allocation {
  readonly memory: HostMemory;
  /** Default: the page of the memory. */
  readonly alignment?: number;
  readonly isRom?: boolean;
  /** Of a file that has a name. */
  readonly isNamed?: boolean;
}

/** The checks of properties as they are set, which the peer makes before it looks at any other. */
function checkProperties(type: string, properties: CommonProperties): void {
  const { size, reserve, prealloc } = properties;
  if (size === 0) throw memoryBackendErrors.MEMORY_BACKEND_VALUE("size", type, size).at(["size"]);
  if (properties["prealloc-threads"] === 0) throw memoryBackendErrors.MEMORY_BACKEND_VALUE("prealloc-threads", type, 0);
  if (prealloc && !reserve) throw memoryBackendErrors.MEMORY_BACKEND_PREALLOC_RESERVE();
}

/** A memory backend of any kind: its block has no name, and migration does not carry it, until somebody plugs it. */
export abstract class HostMemoryBackend implements MemoryBackend, UserObject {
  readonly id: string;
  readonly type: string;
  readonly size: ByteLength;
  readonly region: MemoryRegion;
  readonly share: boolean;
  readonly reserve: boolean;
  readonly pmem: boolean;
  readonly readonly: boolean;
  readonly namedFile: boolean;
  readonly alignment: ByteLength;
  protected readonly settings: Settings;
  readonly #path: string;
  readonly #memory: HostMemory;
  readonly #log: Logger;
  #claims = 0;

  constructor(parts: BackendParts, spec: BackendSpec) {
    const { context, regions, host, log, properties, processors } = parts;
    this.id = context.id;
    this.type = context.type.name;
    this.#path = context.path;
    checkProperties(this.type, properties);
    if (!Number.isSafeInteger(properties.size)) throw spec.tooLarge(properties.size);
    const given = properties["prealloc-context"] ?? "";
    this.size = byteLength(properties.size);
    this.share = properties.share;
    this.reserve = properties.reserve;
    this.pmem = spec.pmem ?? false;
    this.settings = {
      merge: properties.merge,
      dump: properties.dump,
      prealloc: properties.prealloc,
      policy: properties.policy,
      hostNodes: nodeSet(properties["host-nodes"]),
      threadContext: given === "" ? undefined : parts.threadContext(given),
      preallocThreads: properties["prealloc-threads"] ?? processors,
      canonicalPath: properties["x-use-canonical-path-for-ramblock-id"],
      discardData: false,
    };
    const { memory, alignment, isRom = false, isNamed = false } = spec.allocate(alignUp(this.size, TARGET_PAGE_SIZE));
    this.#memory = memory;
    this.#log = log;
    context.own(disposable(() => this.#release(host)));
    this.readonly = isRom;
    this.namedFile = isNamed;
    this.alignment = byteLength(alignment ?? memory.pageSize ?? TARGET_PAGE_SIZE);
    const make = this.readonly ? regions.rom.bind(regions) : regions.ram.bind(regions);
    this.region = make(this.blockName, this.size, {
      idstr: null,
      host: memory,
      noreserve: !this.reserve,
      pmem: this.pmem,
      namedFile: this.namedFile,
    });
    context.own(disposable(() => regions.destroy(this.region)));
    this.#complete(host, memory, spec.isWholePages ?? false);
    setCommon(parts, memory, this.settings, this);
  }

  get dump(): boolean {
    return this.settings.dump;
  }

  get merge(): boolean {
    return this.settings.merge;
  }

  get prealloc(): boolean {
    return this.settings.prealloc;
  }

  get policy(): MemoryBackend["policy"] {
    return this.settings.policy;
  }

  get hostNodes(): readonly number[] {
    return this.settings.hostNodes;
  }

  get blockName(): string {
    return this.settings.canonicalPath ? this.#path : this.id;
  }

  get mapped(): boolean {
    return this.#claims > 0;
  }

  claim(): Disposable {
    this.#claims++;
    return disposable(() => {
      this.#claims--;
    });
  }

  inUse(): string | undefined {
    return this.mapped ? "it is plugged" : undefined;
  }

  /** Waits until everything is in the file, if there is one. A host that cannot is told of, and the machine goes on. */
  writeBack(): void {
    writeBack(this.#memory, this.#log);
  }

  /** What is done with memory that is there, in the peer's order. */
  #complete(host: BackendHost, memory: HostMemory, isWholePages: boolean): void {
    const page = memory.pageSize ?? TARGET_PAGE_SIZE;
    if (isWholePages && this.size % page !== 0) throw memoryBackendErrors.MEMORY_BACKEND_PAGE_MULTIPLE(this.type, page);
    if (this.merge) adviseIfPossible(host, memory, ADVICE.mergeable);
    if (!this.dump) adviseIfPossible(host, memory, ADVICE.dontDump);
    this.#applyPolicy(host, memory);
    // Only now, so that the memory comes from the nodes that it is bound to.
    if (this.prealloc) preallocate(host, memory, this.readonly, this.settings.threadContext);
  }

  #applyPolicy(host: BackendHost, memory: HostMemory): void {
    const { policy, hostNodes } = this;
    if (policy === "default") {
      if (hostNodes.length > 0) throw memoryBackendErrors.MEMORY_BACKEND_HOST_NODES();
      return;
    }
    if (hostNodes.length === 0) throw memoryBackendErrors.MEMORY_BACKEND_NO_HOST_NODES(policy);
    try {
      host.bind(memory, policy, hostNodes);
    } catch (failure) {
      throw memoryBackendErrors.MEMORY_BACKEND_BIND(hostErrorText(failure));
    }
  }

  #release(host: BackendHost): void | Promise<void> {
    const memory = this.#memory;
    if (this.pmem) this.writeBack();
    if (this.settings.discardData && memory.shared && !this.readonly) memory.discard(0, memory.length);
    return host.unmap(memory);
  }
}

/** What was stored in persistent memory outlives the host's next crash as well. */
function writeBack(memory: HostMemory, log: Logger): void {
  try {
    memory.flush();
  } catch (failure) {
    if (!(failure instanceof HostCallError)) throw failure;
    const length = memory.length.toString(16);
    log.warn(`qemu_ram_msync: failed to sync memory range: start: 0 length: ${length}`, { error: failure.text });
  }
}
