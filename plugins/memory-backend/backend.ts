import {
  alignUp,
  AnonymousMemory,
  byteLength,
  disposable,
  machineErrors,
  TARGET_PAGE_SIZE,
  type ByteLength,
  type Disposable,
  type HostMemory,
  type MemoryRegion,
  type MemoryRegions,
  type ObjectContext,
  type PropertyValues,
  type UserObject,
} from "backplane";
import type { MemoryBackend } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";
import { checkPolicy } from "./host-nodes.ts";
import { preallocate } from "./preallocate.ts";
import type { RAM_PROPERTIES } from "./properties.ts";

/** What all backends have in common. */
export type CommonProperties = PropertyValues<typeof RAM_PROPERTIES>;

/** What the kinds differ in. */
export interface BackendSpec {
  /** Made last, when everything else has been checked. Absent: private anonymous memory. */
  readonly makeHost?: () => HostMemory;
  readonly alignment: number;
  readonly readonly?: boolean;
  readonly pmem?: boolean;
  readonly namedFile?: boolean;
  /** Gives the host's memory back to the file system before the mapping goes. */
  readonly discard?: boolean;
}

/** The peer's checks of the properties that every kind has. Returns the size. */
export function checkCommon(type: string, properties: CommonProperties): number {
  const { size, policy, reserve, prealloc } = properties;
  const hostNodes = properties["host-nodes"];
  if (size === 0) throw memoryBackendErrors.MEMORY_BACKEND_VALUE("size", type, size).at(["size"]);
  if (properties["prealloc-threads"] === 0) throw memoryBackendErrors.MEMORY_BACKEND_VALUE("prealloc-threads", type, 0);
  if (prealloc && !reserve) throw memoryBackendErrors.MEMORY_BACKEND_PREALLOC_RESERVE();
  if (policy === "default" && hostNodes.length > 0) throw memoryBackendErrors.MEMORY_BACKEND_HOST_NODES();
  if (policy !== "default" && hostNodes.length === 0) throw memoryBackendErrors.MEMORY_BACKEND_NO_HOST_NODES(policy);
  if (policy !== "default") checkPolicy(policy, hostNodes);
  const context = properties["prealloc-context"];
  if (context !== undefined) throw machineErrors.LINK_NOT_FOUND(context);
  return size;
}

export function refuse(setting: string, reason: string): never {
  throw memoryBackendErrors.MEMORY_BACKEND_UNSUPPORTED(setting, reason);
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
  readonly dump: boolean;
  readonly merge: boolean;
  readonly prealloc: boolean;
  readonly policy: MemoryBackend["policy"];
  readonly hostNodes: readonly number[];
  readonly blockName: string;
  #claims = 0;

  constructor(
    context: Pick<ObjectContext, "id" | "path" | "type" | "own">,
    regions: MemoryRegions,
    properties: CommonProperties,
    size: number,
    spec: BackendSpec,
  ) {
    this.id = context.id;
    this.type = context.type.name;
    this.size = byteLength(size);
    this.share = properties.share;
    this.reserve = properties.reserve;
    this.dump = properties.dump;
    this.merge = properties.merge;
    this.prealloc = properties.prealloc;
    this.policy = properties.policy;
    this.hostNodes = properties["host-nodes"];
    this.pmem = spec.pmem ?? false;
    this.readonly = spec.readonly ?? false;
    this.namedFile = spec.namedFile ?? false;
    this.alignment = byteLength(spec.alignment);
    this.blockName = properties["x-use-canonical-path-for-ramblock-id"] ? context.path : context.id;
    const host = spec.makeHost?.() ?? (this.prealloc ? anonymous(size) : undefined);
    if (host !== undefined) context.own(disposable(() => release(host, spec.discard === true)));
    if (host !== undefined && this.prealloc) preallocate(host);
    const make = this.readonly ? regions.rom.bind(regions) : regions.ram.bind(regions);
    this.region = make(this.blockName, this.size, {
      idstr: null,
      ...(host === undefined ? {} : { host }),
      noreserve: !properties.reserve,
      pmem: this.pmem,
      namedFile: this.namedFile,
    });
    context.own(disposable(() => regions.destroy(this.region)));
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
}

function anonymous(size: number): HostMemory {
  return new AnonymousMemory(byteLength(alignUp(size, TARGET_PAGE_SIZE)));
}

function release(host: HostMemory, discard: boolean): void | Promise<void> {
  if (discard && host.shared) host.discard(0, host.length);
  return host.dispose();
}
