// A file of the host: POSIX.1-2017 preadv, pwritev, fdatasync, ftruncate.
import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, readv, writev } from "node:fs";
import { errnoOf, hostErrorText, type Disposable, type JsonObject } from "backplane";
import type {
  BlockBuffer,
  BlockDriver,
  BlockDriverNode,
  BlockFault,
  BlockOpenRequest,
  BlockPermissions,
  IoVector,
  RegisteredBuffers,
  WriteOptions,
} from "../contract.ts";
import { blockErrors } from "../errors.ts";
import { openFileLocks, type FileLocks } from "../file-locks.ts";
import { registerWithHost } from "../host-buffers.ts";
import { sliceVector, vectorLength, zeroVector } from "../io-vector.ts";
import { punchHole } from "../punch-hole.ts";

const BLOCK_UNIT = 512;
/** What one call of the host takes (IOV_MAX). */
const VECTOR_LIMIT = 1024;

interface FileParts {
  readonly filename: string;
  readonly fd: number;
  readonly readOnly: boolean;
  readonly locks: FileLocks | undefined;
  readonly buffers: RegisteredBuffers | undefined;
}

class FileNode implements BlockDriverNode {
  readonly filename: string;
  readonly readOnly: boolean;
  readonly #fd: number;
  readonly #locks: FileLocks | undefined;
  readonly #buffers: RegisteredBuffers | undefined;
  #length: number;
  readonly #discards = { done: 0, failed: 0, bytes: 0 };

  constructor({ filename, fd, readOnly, locks, buffers }: FileParts) {
    this.filename = filename;
    this.readOnly = readOnly;
    this.#fd = fd;
    this.#locks = locks;
    this.#buffers = buffers;
    this.#length = fstatSync(fd).size;
  }

  get length(): number {
    return this.#length;
  }

  async read(offset: number, into: IoVector): Promise<BlockFault> {
    const wanted = vectorLength(into);
    for (let done = 0; done < wanted;) {
      const rest = sliceVector(into, done, wanted - done).slice(0, VECTOR_LIMIT);
      const count = await transfer(readv, this.#fd, rest, offset + done);
      if (typeof count === "string") return count;
      // Beyond the last byte of the last sector there are zeroes.
      if (count === 0) {
        zeroVector(sliceVector(into, done, wanted - done));
        return undefined;
      }
      done += count;
    }
    return undefined;
  }

  async write(offset: number, from: IoVector, options: WriteOptions): Promise<BlockFault> {
    const wanted = vectorLength(from);
    for (let done = 0; done < wanted;) {
      const rest = sliceVector(from, done, wanted - done).slice(0, VECTOR_LIMIT);
      const count = await transfer(writev, this.#fd, rest, offset + done);
      if (typeof count === "string") return count;
      if (count === 0) return "EIO";
      done += count;
    }
    this.#length = Math.max(this.#length, offset + wanted);
    return options.forceUnitAccess === true ? this.flush() : undefined;
  }

  discard(offset: number, length: number): Promise<BlockFault> {
    const done = punchHole(this.#fd, offset, length);
    this.#discards[done ? "done" : "failed"]++;
    if (done) this.#discards.bytes += length;
    return Promise.resolve(undefined);
  }

  flush(): Promise<BlockFault> {
    return new Promise((resolve) => {
      fdatasync(this.#fd, (failure) => resolve(failure === null ? undefined : (errnoOf(failure) ?? "EIO")));
    });
  }

  truncate(length: number): void {
    try {
      ftruncateSync(this.#fd, length);
    } catch (failure) {
      throw blockErrors.BLOCK_RESIZE(hostErrorText(failure));
    }
    this.#length = length;
  }

  lock(permissions: BlockPermissions): void {
    this.#locks?.set(permissions, this.filename);
  }

  registerBuffer(buffer: BlockBuffer): Disposable {
    return registerWithHost(this.#buffers, buffer);
  }

  allocated(): number {
    return fstatSync(this.#fd).blocks * BLOCK_UNIT;
  }

  statistics(): JsonObject {
    const { done, failed, bytes } = this.#discards;
    return { driver: "file", "discard-nb-ok": done, "discard-nb-failed": failed, "discard-bytes-ok": bytes };
  }

  specific(): JsonObject {
    return { type: "file", data: {} };
  }

  close(): void {
    closeSync(this.#fd);
  }
}

type Transfer = (
  fd: number,
  buffers: readonly NodeJS.ArrayBufferView[],
  position: number,
  done: (failure: NodeJS.ErrnoException | null, count: number) => void,
) => void;

function transfer(call: Transfer, fd: number, buffers: Uint8Array[], position: number): Promise<number | string> {
  return new Promise((resolve) => {
    call(fd, buffers, position, (failure, count) => resolve(failure === null ? count : (errnoOf(failure) ?? "EIO")));
  });
}

function openFile(name: string, { readOnly, autoReadOnly }: BlockOpenRequest): { fd: number; readOnly: boolean } {
  const { O_RDONLY, O_RDWR, O_NONBLOCK } = constants;
  try {
    return { fd: openSync(name, (readOnly ? O_RDONLY : O_RDWR) | O_NONBLOCK), readOnly };
  } catch (failure) {
    const code = errnoOf(failure);
    if (code === "EISDIR" && autoReadOnly) throw blockErrors.BLOCK_NOT_REGULAR("file", name);
    const isWriteRefused = code === "EACCES" || code === "EROFS" || code === "EPERM";
    if (readOnly || !autoReadOnly || !isWriteRefused) throw blockErrors.BLOCK_OPEN(name, hostErrorText(failure));
    try {
      return { fd: openSync(name, O_RDONLY | O_NONBLOCK), readOnly: true };
    } catch (again) {
      throw blockErrors.BLOCK_OPEN(name, hostErrorText(again));
    }
  }
}

/** What would need more than Node offers is refused, not ignored. */
function refuseUnmodelled({ options, cache }: BlockOpenRequest): void {
  if (options["aio"] === "native" && !cache.direct) throw blockErrors.BLOCK_AIO_NATIVE();
  if (cache.direct) throw blockErrors.BLOCK_OPTION_UNMODELLED("cache.direct", "on");
  if (options["aio"] === "io_uring") throw blockErrors.BLOCK_OPTION_UNMODELLED("aio", "io_uring");
  for (const name of ["pr-manager", "aio-max-batch", "x-check-cache-dropped"]) {
    const value = options[name];
    if (value !== undefined && value !== 0 && value !== false)
      throw blockErrors.BLOCK_OPTION_UNMODELLED(name, JSON.stringify(value));
  }
}

export const fileDriver: BlockDriver = {
  name: "file",
  children: [],
  identifying: ["filename"],
  open(request) {
    const { options } = request;
    const name = options["filename"];
    if (typeof name !== "string") throw blockErrors.BLOCK_FILENAME_MISSING("file");
    refuseUnmodelled(request);
    const { fd, readOnly } = openFile(name, request);
    try {
      const status = fstatSync(fd);
      if (status.isDirectory()) throw blockErrors.BLOCK_OPEN(name, "Is a directory");
      if (!status.isFile()) throw blockErrors.BLOCK_NOT_REGULAR("file", name);
      const locks = options["locking"] === "off" ? undefined : openFileLocks(fd);
      return new FileNode({ filename: name, fd, readOnly, locks, buffers: request.buffers });
    } catch (failure) {
      closeSync(fd);
      throw failure;
    }
  },
};
