// Memory of files, with the refusals of the peer in its order.
import {
  HostCallError,
  hostErrorText,
  isPowerOfTwo,
  TARGET_PAGE_SIZE,
  TiB,
  type ByteLength,
  type HostMemory,
} from "backplane";
import type { BackendParts } from "./backend.ts";
import type { HostFile } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";

/** Flags of memfd_create(2). */
export const MFD = { closeOnExec: 1, allowSealing: 2, hugePages: 4, hugePageShift: 26 } as const;

/** What a process of a 64-bit Linux host can address. */
export const ADDRESS_SPACE = 128 * TiB;

/** ENOMEM in words. */
export const NO_MEMORY = "Cannot allocate memory";
/** File sizes have a sign. */
const LARGEST_FILE = 2 ** 63;

/** A file of so many bytes could be made, but not mapped; or not even made. */
export function fileTooLarge(size: number, unmade: (size: bigint, reason: string) => Error): Error {
  return size < LARGEST_FILE
    ? memoryBackendErrors.MEMORY_BACKEND_MAP(NO_MEMORY)
    : unmade(BigInt(size), "Invalid argument");
}

export interface BackingRequest {
  /** The file's path, where it has one. */
  readonly path?: string;
  readonly offset?: number;
  readonly align?: number;
  readonly shared: boolean;
  readonly readonly?: boolean;
  readonly synchronous?: boolean;
}

/** An anonymous file of a size; without one there is no backend. */
export function openMemfd({ host }: BackendParts, name: string, flags: number, size: number): HostFile {
  let file: HostFile;
  try {
    file = host.memfd(name, flags);
  } catch (failure) {
    if (!(failure instanceof HostCallError)) throw failure;
    throw memoryBackendErrors.MEMORY_BACKEND_MEMFD(flags, failure.text);
  }
  try {
    host.truncate(file, size);
  } catch (failure) {
    host.forget(file, false);
    throw memoryBackendErrors.MEMORY_BACKEND_MEMFD_SIZE(size, hostErrorText(failure));
  }
  return file;
}

/** Maps an open file with the peer's words for what the host refuses. */
export function mapOrRefuse(...backing: Parameters<typeof mapBacking>): HostMemory {
  try {
    return mapBacking(...backing);
  } catch (failure) {
    if (failure instanceof HostCallError) throw memoryBackendErrors.MEMORY_BACKEND_MAP(failure.text);
    throw failure;
  }
}

/** Maps an open file, which is closed and taken away where no memory comes of it. Throws what the host says of it. */
export function mapBacking(
  parts: BackendParts,
  file: HostFile,
  length: ByteLength,
  request: BackingRequest,
): HostMemory {
  const { context, host, properties } = parts;
  const { offset = 0, shared, readonly = false, synchronous = false, path } = request;
  let isHandedOver = false;
  try {
    const page = host.pageSize(file, path);
    checkSize(parts, file, length, offset);
    checkPlace(request, page ?? TARGET_PAGE_SIZE);
    lengthen(parts, file, length, offset);
    isHandedOver = true;
    return host.mapFile(file, length, {
      offset,
      shared,
      readonly,
      synchronous,
      noreserve: !properties.reserve,
      what: path ?? context.id,
      ...(page === undefined ? {} : { pageSize: page }),
    });
  } catch (failure) {
    host.forget(file, isHandedOver);
    throw failure;
  }
}

/** Content is never lengthened: whoever finds something at its end (labels) would look at another place. */
function checkSize(parts: BackendParts, file: HostFile, length: number, offset: number): void {
  const size = parts.host.size(file) ?? 0;
  if (size > 0 && size < offset + length) throw tooSmall(parts, size, length, offset);
}

function tooSmall({ context, properties }: BackendParts, size: number, length: number, offset: number): Error {
  const name = properties["x-use-canonical-path-for-ramblock-id"] ? context.path : context.id;
  return memoryBackendErrors.MEMORY_BACKEND_TOO_SMALL(name, size, length, offset);
}

function checkPlace({ align = 0, offset = 0 }: BackingRequest, page: number): void {
  if (align >= ADDRESS_SPACE) throw new HostCallError("mmap", "ENOMEM");
  if (align % page !== 0) throw memoryBackendErrors.MEMORY_BACKEND_ALIGN(align, page);
  if (align > 0 && !isPowerOfTwo(align)) throw memoryBackendErrors.MEMORY_BACKEND_ALIGN_POWER(align);
  if (offset % page !== 0) throw memoryBackendErrors.MEMORY_BACKEND_OFFSET(offset, page);
}

/**
 * What has no length of its own (`/dev/zero`) is mapped as it is, if the host does that. A file that stays too short is
 * refused: the peer maps it and ends when it first touches what is missing.
 */
function lengthen(parts: BackendParts, file: HostFile, length: number, offset: number): void {
  const { host, log } = parts;
  const size = host.size(file);
  if (size !== undefined && size >= offset + length) return;
  try {
    host.truncate(file, offset + length);
  } catch (failure) {
    log.warn(`ftruncate: ${hostErrorText(failure)}`);
    if (size !== undefined) throw tooSmall(parts, size, length, offset);
  }
}
