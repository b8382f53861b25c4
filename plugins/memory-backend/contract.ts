/** Memory that the host's user provides with `-object memory-backend-*`. */
import {
  token,
  type ByteLength,
  type Disposable,
  type FileMapping,
  type HostMemory,
  type MemoryRegion,
} from "backplane";

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

/** The calls about memory that backends make of their host, as `faults` names them: those of the manual pages. */
export const HOST_MEMORY_CALLS = [
  "open",
  "shmOpen",
  "memfdCreate",
  "addSeals",
  "ftruncate",
  "mmap",
  "madvise",
  "mbind",
  "msync",
  "fallocate",
] as const;
export type HostMemoryCall = (typeof HOST_MEMORY_CALLS)[number];

/** An open file that memory is to be made of. */
export interface HostFile {
  readonly fd: number;
  /** It was made for this; goes when no memory comes of it. */
  readonly created?: string;
  /** Nobody else can open it. */
  readonly nameless?: boolean;
  /** Of huge pages. */
  readonly pageSize?: ByteLength;
}

export interface HostMapping extends FileMapping {
  readonly offset: number;
  readonly shared: boolean;
}

/**
 * What backends ask of their host. Whatever it refuses leaves as an error with a `code` (ENOMEM, …) and has changed
 * nothing; the backend turns it into the peer's words.
 */
export interface BackendHost {
  /** open(2): makes a missing file, unless it is only read; in a folder, one without a name. */
  open(path: string, readonly: boolean, region: string): HostFile;
  /** shm_open(3). */
  openShared(): HostFile;
  /** memfd_create(2). Throws `SHARED_MEMORY_UNAVAILABLE` where there is no way to call it; so do real mappings. */
  memfd(name: string, flags: number): HostFile;
  /** fcntl(2), F_ADD_SEALS. */
  seal(file: HostFile, seals: number): void;
  /** Undefined where it has no length of its own: a device. */
  size(file: HostFile): number | undefined;
  /** ftruncate(2). */
  truncate(file: HostFile, length: number): void;
  /** No memory came of it: closes it, unless that has happened, and takes it away again if it was made for this. */
  forget(file: HostFile, isClosed: boolean): void;
  /** The page of the file, where it is a huge one. */
  pageSize(file: HostFile, path: string | undefined): ByteLength | undefined;
  /** mmap(2). A private mapping is this process's memory, read from the file when first needed. Takes the file over, or closes it. */
  mapFile(file: HostFile, length: ByteLength, mapping: HostMapping): HostMemory;
  /** mmap(2) of no file: sparse memory of this process. */
  mapAnonymous(length: ByteLength): HostMemory;
  /** munmap(2). */
  unmap(memory: HostMemory): void | Promise<void>;
  /** madvise(2), with the kernel's number. */
  advise(memory: HostMemory, advice: number): void;
  /** mbind(2). */
  bind(memory: HostMemory, policy: "preferred" | "bind" | "interleave", nodes: readonly number[]): void;
  /** How often a call was made, failures included. */
  count(call: HostMemoryCall): number;
}

export const BACKEND_HOST = token<BackendHost>("BACKEND_HOST");
