// What backends ask of their host, on this process's own memory and on real mappings.
import { closeSync, constants, fstatSync, ftruncateSync, mkdtempSync, openSync, rmdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import {
  AnonymousMemory,
  errnoOf,
  FileMemory,
  HostCallError,
  HostCalls,
  posixMemory,
  SharedFileMemory,
  type ByteLength,
  type HostFault,
  type HostMemory,
  type PosixMemory,
} from "backplane";
import {
  HOST_MEMORY_CALLS,
  type BackendHost,
  type HostFile,
  type HostMemoryCall,
  type HostMapping,
} from "./contract.ts";
import { ADDRESS_SPACE } from "./backing.ts";
import { faultyPosix } from "./faulty-posix.ts";
import { hugePageOf } from "./huge-pages.ts";
import { onlineNodes } from "./host-nodes.ts";

/** MPOL_MF_STRICT and MPOL_MF_MOVE (mbind(2)). */
const BIND_FLAGS = 1 | 2;

/** The kernel's numbers: mbind(2), set_mempolicy(2). */
const POLICY = { default: 0, preferred: 1, bind: 2, interleave: 3, preferredMany: 5 } as const;

export class ProcessHost implements BackendHost {
  readonly #calls: HostCalls<HostMemoryCall>;
  /** Loaded at the first real mapping: most machines have none. */
  #posix: PosixMemory | undefined;
  #mappings = 0;

  constructor(faults: readonly HostFault[]) {
    this.#calls = new HostCalls("memory-backend", HOST_MEMORY_CALLS, faults);
  }

  get mappings(): number {
    return this.#mappings;
  }

  count(call: HostMemoryCall): number {
    return this.#calls.count(call);
  }

  open(name: string, readonly: boolean, region: string): HostFile {
    this.#calls.enter("open");
    try {
      // Whoever reads a FIFO would wait for somebody to write to it; files and their mappings do not care.
      const fd = openSync(name, readonly ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDWR);
      // Opening a folder for reading does not fail.
      if (!readonly || !fstatSync(fd).isDirectory()) return { fd };
      closeSync(fd);
      throw Object.assign(new Error("Is a directory"), { code: "EISDIR" });
    } catch (failure) {
      if (!readonly && errnoOf(failure) === "ENOENT") {
        return { fd: openSync(name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o644), created: name };
      }
      if (!readonly && errnoOf(failure) === "EISDIR") return { fd: openInFolder(name, region), nameless: true };
      throw failure;
    }
  }

  openShared(): HostFile {
    this.#calls.enter("shmOpen");
    return { fd: openInFolder("/dev/shm", "shm"), nameless: true };
  }

  memfd(name: string, flags: number): HostFile {
    return { fd: this.#real().memfd(name, flags), nameless: true };
  }

  seal({ fd }: HostFile, seals: number): void {
    this.#real().seal(fd, seals);
  }

  size({ fd }: HostFile): number | undefined {
    const stat = fstatSync(fd);
    return stat.isFile() ? stat.size : undefined;
  }

  truncate({ fd }: HostFile, length: number): void {
    this.#calls.enter("ftruncate");
    ftruncateSync(fd, length);
  }

  forget({ fd, created }: HostFile, isClosed: boolean): void {
    if (!isClosed) closeSync(fd);
    if (created !== undefined) unlinkSync(created);
  }

  pageSize({ fd, pageSize }: HostFile, name: string | undefined): ByteLength | undefined {
    return pageSize ?? hugePageOf(fd, name);
  }

  mapFile({ fd }: HostFile, length: ByteLength, mapping: HostMapping): HostMemory {
    const memory = this.#mapOpen(fd, length, mapping);
    this.#mappings++;
    return memory;
  }

  mapAnonymous(length: ByteLength): HostMemory {
    this.#calls.enter("mmap");
    if (length > ADDRESS_SPACE) throw new HostCallError("mmap", "ENOMEM");
    this.#mappings++;
    return new AnonymousMemory(length);
  }

  unmap(memory: HostMemory): void | Promise<void> {
    this.#mappings--;
    return memory.dispose();
  }

  advise(memory: HostMemory, advice: number): void {
    if (memory instanceof SharedFileMemory) memory.advise(advice);
    // Node's own memory knows no such advice: what it comes to there is the backend's business.
    else this.#calls.enter("madvise");
  }

  bind(memory: HostMemory, policy: "preferred" | "bind" | "interleave", nodes: readonly number[]): void {
    if (!(memory instanceof SharedFileMemory)) {
      this.#calls.enter("mbind");
      // All memory of a host with a single node lies in it. One that it has must be among those that are asked for.
      if (!nodes.some((node) => onlineNodes().includes(node))) throw new HostCallError("mbind", "EINVAL");
      if (onlineNodes().length > 1) throw new HostCallError("mbind", "EOPNOTSUPP");
      return;
    }
    if (policy !== "preferred") memory.bind(POLICY[policy], nodes, BIND_FLAGS);
    else bindPreferred(memory, nodes);
  }

  #mapOpen(fd: number, length: ByteLength, mapping: HostMapping): HostMemory {
    const { shared, pageSize, offset } = mapping;
    // Huge pages exist only where the kernel maps them.
    if (shared || pageSize !== undefined) return SharedFileMemory.map(this.#real(), fd, length, mapping);
    try {
      if (fstatSync(fd).isFile()) this.#calls.enter("mmap");
      else this.#tryMapping(fd, offset, length);
    } catch (failure) {
      closeSync(fd);
      throw failure;
    }
    return new FileMemory({ fd, offset }, length);
  }

  /** What cannot be mapped shows when it is. */
  #tryMapping(fd: number, offset: number, length: number): void {
    const posix = this.#real();
    const pointer = posix.map({ fd, offset, length, writable: true, shared: false, noreserve: false });
    posix.unmap(pointer, length);
  }

  #real(): PosixMemory {
    this.#posix ??= faultyPosix(posixMemory(), this.#calls);
    return this.#posix;
  }
}

/** Younger kernels prefer several nodes, elder ones only the first (set_mempolicy(2), MPOL_PREFERRED_MANY). */
function bindPreferred(memory: SharedFileMemory, nodes: readonly number[]): void {
  try {
    memory.bind(POLICY.preferredMany, nodes, BIND_FLAGS);
  } catch (failure) {
    if (errnoOf(failure) !== "EINVAL") throw failure;
    memory.bind(POLICY.preferred, nodes, BIND_FLAGS);
  }
}

/** A file that has lost its name by the time it is used. */
function openInFolder(folder: string, region: string): number {
  const parent = mkdtempSync(path.join(folder, `backplane-${region.replaceAll("/", "_")}-`));
  const name = path.join(parent, "memory");
  try {
    const fd = openSync(name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(name);
    return fd;
  } finally {
    rmdirSync(parent);
  }
}
