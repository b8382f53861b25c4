// The host's memory calls, through koffi, which is optional and loaded at first use.
import { createRequire } from "node:module";
import { messageOf } from "../errors.ts";
import { HostCallError } from "../host/host-call-error.ts";
import { ERRNO, HOST_ERRNOS } from "../host/errno-numbers.ts";
import { memoryErrors } from "./errors.ts";

/** A pointer as koffi hands it around. */
export type Pointer = unknown;

export interface MapRequest {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
  readonly writable: boolean;
  /** Writes reach the file. */
  readonly shared: boolean;
  /** The host need not account for it. */
  readonly noreserve: boolean;
  /** What was stored is in the file when the processor's caches are written back: DAX only. */
  readonly synchronous?: boolean;
}

/**
 * The calls about memory of a Linux host, as their manual pages describe them. A call that the host refuses throws a
 * `HostCallError` and has changed nothing.
 */
export interface PosixMemory {
  /** mmap(2). */
  map(request: MapRequest): Pointer;
  /** munmap(2). */
  unmap(pointer: Pointer, length: number): void;
  /** Bytes of a mapping. At most 4 GiB: Node 20 aborts beyond. */
  view(pointer: Pointer, offset: number, length: number): ArrayBuffer;
  /** msync(2): waits until the range is in the file. `offset` is a multiple of the page. */
  sync(pointer: Pointer, offset: number, length: number): void;
  /** madvise(2); `advice` is the kernel's number. */
  advise(pointer: Pointer, length: number, advice: number): void;
  /** mbind(2); `mode` and `flags` are the kernel's numbers. */
  bind(pointer: Pointer, length: number, mode: number, nodes: readonly number[], flags: number): void;
  /** fallocate(2): makes a range of the file a hole; false where the file system cannot. */
  punchHole(fd: number, offset: number, length: number): boolean;
  /** The first byte ≥ `offset` that the file really holds; undefined when there is none. The whole file where holes are unknown. */
  nextData(fd: number, offset: number): number | undefined;
  /** memfd_create(2); `flags` are the kernel's. */
  memfd(name: string, flags: number): number;
  /** fcntl(2), F_ADD_SEALS. */
  seal(fd: number, seals: number): void;
  /** sched_getaffinity(2): the processors that this thread may run on, and so take memory near to. */
  processors(): readonly number[];
  /** sched_setaffinity(2), of this thread. */
  useProcessors(processors: readonly number[]): void;
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
const MAP_PRIVATE = 2;
const MAP_SHARED_VALIDATE = 3;
const MAP_NORESERVE = 0x4000;
const MAP_SYNC = 0x80000;
const MS_SYNC = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const SEEK_DATA = 3;
const F_ADD_SEALS = 1033;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** mbind(2) has no wrapper in the C library: its number per architecture. */
const SYS_MBIND: { readonly [arch: string]: number } = { x64: 237, arm64: 235, riscv64: 235, ppc64: 259, s390x: 268 };
const BITS_PER_WORD = 64;
/** Room for 8192 processors, which is as many as Linux can be built for. */
const PROCESSOR_SET_BYTES = 1024;

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

/** A set of nodes or processors as the kernel takes it: one bit each, in words. mbind(2) is told of one bit more than needed. */
function nodeMask(nodes: readonly number[]): { readonly mask: Uint8Array; readonly bits: number } {
  const highest = Math.max(0, ...nodes);
  const mask = new Uint8Array((Math.floor(highest / BITS_PER_WORD) + 2) * 8);
  for (const node of nodes) mask[node >> 3] = (mask[node >> 3] ?? 0) | (1 << (node & 7));
  return { mask, bits: highest + 2 };
}

function bind(koffi: Koffi): PosixMemory {
  const libc = koffi.load(null);
  const mmap = libc.func("void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)");
  const munmap = libc.func("int munmap(void *addr, size_t length)");
  const msync = libc.func("int msync(void *addr, size_t length, int flags)");
  const madvise = libc.func("int madvise(void *addr, size_t length, int advice)");
  const mbind = libc.func(
    "long syscall(long number, void *addr, unsigned long length, long mode, const uint8_t *nodes, unsigned long bits, unsigned long flags)",
  );
  const fallocate = libc.func("int fallocate(int fd, int mode, int64_t offset, int64_t len)");
  const lseek = libc.func("int64_t lseek(int fd, int64_t offset, int whence)");
  const memfdCreate = libc.func("int memfd_create(const char *name, unsigned int flags)");
  const getAffinity = libc.func("int sched_getaffinity(int pid, size_t size, _Out_ uint8_t *set)");
  const setAffinity = libc.func("int sched_setaffinity(int pid, size_t size, const uint8_t *set)");
  const fcntl = libc.func("int fcntl(int fd, int command, long argument)");
  const refused = (call: string): HostCallError => {
    const number = koffi.errno();
    const known = HOST_ERRNOS.find((code) => ERRNO[code] === number);
    return new HostCallError(call, known ?? "EIO");
  };
  const at = (pointer: Pointer, offset: number): Pointer =>
    offset === 0 ? pointer : koffi.address(pointer) + BigInt(offset);
  return {
    map({ fd, offset, length, writable, shared, noreserve, synchronous = false }) {
      const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
      const kind = synchronous ? MAP_SHARED_VALIDATE | MAP_SYNC : shared ? MAP_SHARED : MAP_PRIVATE;
      const flags = kind | (noreserve ? MAP_NORESERVE : 0);
      const pointer = mmap(null, length, protection, flags, fd, offset);
      if (pointer === null || koffi.address(pointer) === MAP_FAILED) throw refused("mmap");
      return pointer;
    },
    unmap: (pointer, length) => void munmap(pointer, length),
    view: (pointer, offset, length) => koffi.view(at(pointer, offset), length),
    sync(pointer, offset, length) {
      if (msync(at(pointer, offset), length, MS_SYNC) !== 0) throw refused("msync");
    },
    advise(pointer, length, advice) {
      if (madvise(pointer, length, advice) !== 0) throw refused("madvise");
    },
    bind(pointer, length, mode, nodes, flags) {
      const number = SYS_MBIND[process.arch];
      if (number === undefined) throw new HostCallError("mbind", "ENOSYS");
      const { mask, bits } = nodeMask(nodes);
      if (Number(mbind(number, pointer, length, mode, mask, bits, flags)) !== 0) throw refused("mbind");
    },
    punchHole: (fd, offset, length) => fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) === 0,
    nextData(fd, offset) {
      const found = Number(lseek(fd, offset, SEEK_DATA));
      if (found >= 0) return found;
      return koffi.errno() === koffi.os.errno["ENXIO"] ? undefined : offset;
    },
    memfd(name, flags) {
      const fd = Number(memfdCreate(name, flags));
      if (fd < 0) throw refused("memfdCreate");
      return fd;
    },
    seal(fd, seals) {
      if (Number(fcntl(fd, F_ADD_SEALS, seals)) !== 0) throw refused("addSeals");
    },
    processors() {
      const set = new Uint8Array(PROCESSOR_SET_BYTES);
      if (getAffinity(0, set.length, set) !== 0) throw refused("schedGetAffinity");
      return Array.from({ length: set.length * 8 }, (_, bit) => bit).filter(
        (bit) => ((set[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0,
      );
    },
    useProcessors(processors) {
      const { mask } = nodeMask(processors);
      if (setAffinity(0, mask.length, mask) !== 0) throw refused("schedSetAffinity");
    },
  };
}
