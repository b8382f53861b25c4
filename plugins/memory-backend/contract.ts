/** Memory that the host's user provides with `-object memory-backend-*`. */
import { token, type ByteLength, type Disposable, type MemoryRegion } from "backplane";

export { defaultBackendProperties } from "./default-object.ts";

export interface MemoryBackend {
  readonly id: string;
  /** `memory-backend-file` and so on. */
  readonly type: string;
  readonly size: ByteLength;
  /** The region with the block. The block has no name until somebody plugs it. */
  readonly region: MemoryRegion;
  readonly share: boolean;
  /** The host accounts swap for it. */
  readonly reserve: boolean;
  readonly pmem: boolean;
  /** The guest cannot write it: `rom=on`, or `readonly=on` with `rom=auto`. */
  readonly readonly: boolean;
  readonly namedFile: boolean;
  /** What the address and the size of a device made of it are multiples of: `align`, the host's page, or 2 MiB for anonymous memory. */
  readonly alignment: ByteLength;
  readonly prealloc: boolean;
  readonly dump: boolean;
  readonly merge: boolean;
  readonly policy: "default" | "preferred" | "bind" | "interleave";
  readonly hostNodes: readonly number[];
  /** The idstr that the block gets when it is plugged: the id, or with `x-use-canonical-path-for-ramblock-id` the object's path. */
  readonly blockName: string;
  readonly mapped: boolean;
  /** Takes the backend for one user; the object cannot be deleted until the claim is disposed. Ask `mapped` first. */
  claim(): Disposable;
}

export interface MemoryBackends {
  /** For a device's property that links to a backend. Throws `MEMORY_BACKEND_ABSENT`. */
  require(id: string): MemoryBackend;
  find(id: string): MemoryBackend | undefined;
  all(): readonly MemoryBackend[];
}

export const MEMORY_BACKENDS = token<MemoryBackends>("MEMORY_BACKENDS");
