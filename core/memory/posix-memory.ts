// The host's memory calls, through koffi, which is optional and loaded at first use.
import { createRequire } from "node:module";
import { messageOf } from "../errors.ts";
import { memoryErrors } from "./errors.ts";

/** A pointer as koffi hands it around. */
export type Pointer = unknown;

export interface PosixMemory {
  /** Maps shared. Throws `SHARED_MEMORY_MAP`. */
  map(fd: number, offset: number, length: number, writable: boolean, what: string): Pointer;
  unmap(pointer: Pointer, length: number): void;
  /** The mapping's bytes. At most 4 GiB: Node 20 aborts beyond. */
  view(pointer: Pointer, length: number): ArrayBuffer;
  /** Waits until the range is in the file. */
  sync(pointer: Pointer, length: number): void;
  /** Makes a range of the file a hole; false where the file system cannot. */
  punchHole(fd: number, offset: number, length: number): boolean;
  /** The first byte ≥ `offset` that the file really holds; undefined when there is none. The whole file where holes are unknown. */
  nextData(fd: number, offset: number): number | undefined;
  /** An anonymous file. Throws `SHARED_MEMORY_MAP`. */
  memfd(name: string): number;
}

interface Koffi {
  load(path: string | null): { func(definition: string): (...args: unknown[]) => unknown };
  view(pointer: Pointer, length: number): ArrayBuffer;
  address(pointer: Pointer): bigint;
  errno(): number;
  readonly os: { readonly errno: Readonly<Record<string, number>> };
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MS_SYNC = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const SEEK_DATA = 3;
const MFD_CLOEXEC = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

let loaded: PosixMemory | undefined;

/** Throws `SHARED_MEMORY_UNAVAILABLE` where koffi is not installed or the host is not Linux. */
export function posixMemory(): PosixMemory {
  loaded ??= bind(loadKoffi());
  return loaded;
}

/** The same, or undefined: for what is only an optimisation. */
export function posixMemoryIfAvailable(): PosixMemory | undefined {
  try {
    return posixMemory();
  } catch {
    return undefined;
  }
}

function loadKoffi(): Koffi {
  if (process.platform !== "linux")
    throw memoryErrors.SHARED_MEMORY_UNAVAILABLE(`the host is ${process.platform}, not linux`);
  try {
    // Not a static import: the package must work without koffi, and start fast with it.
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch (failure) {
    throw memoryErrors.SHARED_MEMORY_UNAVAILABLE(messageOf(failure).split("\n")[0] ?? "");
  }
}

function bind(koffi: Koffi): PosixMemory {
  const libc = koffi.load(null);
  const mmap = libc.func("void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)");
  const munmap = libc.func("int munmap(void *addr, size_t length)");
  const msync = libc.func("int msync(void *addr, size_t length, int flags)");
  const fallocate = libc.func("int fallocate(int fd, int mode, int64_t offset, int64_t len)");
  const lseek = libc.func("int64_t lseek(int fd, int64_t offset, int whence)");
  const memfdCreate = libc.func("int memfd_create(const char *name, unsigned int flags)");
  const reason = (): string => {
    const code = koffi.errno();
    return Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0] ?? `errno ${code}`;
  };
  return {
    map(fd, offset, length, writable, what) {
      const pointer = mmap(null, length, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
      if (pointer === null || koffi.address(pointer) === MAP_FAILED)
        throw memoryErrors.SHARED_MEMORY_MAP(what, "mmap", reason());
      return pointer;
    },
    unmap: (pointer, length) => void munmap(pointer, length),
    view: (pointer, length) => koffi.view(pointer, length),
    sync: (pointer, length) => void msync(pointer, length, MS_SYNC),
    punchHole: (fd, offset, length) => fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) === 0,
    nextData(fd, offset) {
      const found = Number(lseek(fd, offset, SEEK_DATA));
      if (found >= 0) return found;
      return koffi.errno() === koffi.os.errno["ENXIO"] ? undefined : offset;
    },
    memfd(name) {
      const fd = Number(memfdCreate(name, MFD_CLOEXEC));
      if (fd < 0) throw memoryErrors.SHARED_MEMORY_MAP(name, "memfd_create", reason());
      return fd;
    },
  };
}
