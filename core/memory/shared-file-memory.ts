import { closeSync, fstatSync, ftruncateSync } from "node:fs";
import { alignDown, alignUp, GiB, type ByteLength } from "./address.ts";
import { HostCallError } from "../host/host-call-error.ts";
import { type BackingFile, openBackingFile } from "./backing-file.ts";
import { disposable, type Disposable } from "../disposable.ts";
import { memoryErrors } from "./errors.ts";
import type { HostMemory } from "./host-memory.ts";
import { type MapRequest, type Pointer, type PosixMemory, posixMemory } from "./posix-memory.ts";

/** Node 20 aborts on an array buffer of more than 4 GiB, and numbers index small arrays faster. */
const WINDOW_SIZE = GiB;
const PAGE_SIZE = 4096 as ByteLength;
const MFD_CLOEXEC = 1;
/** Accesses up to this allocate no views. */
const SMALL = 8;

interface Window {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** How a file is mapped. */
export interface FileMapping {
  readonly offset?: number;
  /** The guest's writes are refused; the file may be open for reading only. */
  readonly readonly?: boolean;
  /** False: writes stay in this process, as with any private mapping. Default true. */
  readonly shared?: boolean;
  /** The host need not account for it. Default false. */
  readonly noreserve?: boolean;
  /** The host's page, where it is no usual one. */
  readonly pageSize?: ByteLength;
  /** Asks for a synchronous mapping (see `MapRequest`), and takes another where the file system has none. */
  readonly synchronous?: boolean;
  /** For errors: the file's path. */
  readonly what: string;
}

/**
 * A mapping of a file, or of an anonymous one (memfd), that the host's kernel manages. Shared, every mapper sees every
 * write, also when this process is killed. The file must stay as long as the memory: the host's kernel ends this process
 * when it reads a page that was cut off.
 */
export class SharedFileMemory implements HostMemory {
  readonly length: ByteLength;
  readonly shared: boolean;
  readonly pageSize: ByteLength;
  readonly isSynchronous: boolean;
  readonly #posix: PosixMemory;
  readonly #fd: number;
  readonly #start: number;
  readonly #what: string;
  readonly #writable: boolean;
  readonly #pointer: Pointer;
  readonly #windows: Window[] = [];
  #limit: number;
  /** Transfers that are under way. */
  #holds = 0;

  /** Opens, creates or lengthens the file as `openBackingFile` does. Throws `SHARED_MEMORY_UNAVAILABLE` without koffi. */
  static open(file: BackingFile, length: ByteLength): SharedFileMemory {
    const posix = posixMemory();
    const { fd } = openBackingFile(file, length);
    const { path, offset = 0, readonly = false } = file;
    return SharedFileMemory.#orThrow(path, () =>
      SharedFileMemory.map(posix, fd, length, { what: path, offset, readonly }),
    );
  }

  /** Memory that another process gets by inheriting the descriptor. */
  static memfd(name: string, length: ByteLength): SharedFileMemory {
    const posix = posixMemory();
    return SharedFileMemory.#orThrow(name, () => {
      const fd = posix.memfd(name, MFD_CLOEXEC);
      ftruncateSync(fd, length);
      return SharedFileMemory.map(posix, fd, length, { what: name });
    });
  }

  static #orThrow(what: string, make: () => SharedFileMemory): SharedFileMemory {
    try {
      return make();
    } catch (failure) {
      if (failure instanceof HostCallError) throw memoryErrors.SHARED_MEMORY_MAP(what, failure.call, failure.code);
      throw failure;
    }
  }

  /** Maps an open file, which is closed with the memory, or at once when the host refuses. Throws a `HostCallError`. */
  static map(posix: PosixMemory, fd: number, length: ByteLength, mapping: FileMapping): SharedFileMemory {
    try {
      return new SharedFileMemory(posix, fd, length, mapping);
    } catch (failure) {
      closeSync(fd);
      throw failure;
    }
  }

  private constructor(posix: PosixMemory, fd: number, length: ByteLength, mapping: FileMapping) {
    this.#posix = posix;
    this.#fd = fd;
    this.#start = mapping.offset ?? 0;
    this.#what = mapping.what;
    this.#writable = mapping.readonly !== true;
    this.shared = mapping.shared ?? true;
    this.pageSize = mapping.pageSize ?? PAGE_SIZE;
    this.length = length;
    this.#limit = length;
    const request = {
      fd,
      offset: this.#start,
      length: this.#mapped,
      writable: this.#writable,
      shared: this.shared,
      noreserve: mapping.noreserve ?? false,
    };
    const synchronous = this.shared && mapping.synchronous === true ? trySynchronous(posix, request) : undefined;
    this.isSynchronous = synchronous !== undefined;
    this.#pointer = synchronous ?? posix.map(request);
    for (let at = 0; at < length; at += WINDOW_SIZE) {
      const buffer = posix.view(this.#pointer, at, Math.min(WINDOW_SIZE, length - at));
      this.#windows.push({ length: buffer.byteLength, bytes: new Uint8Array(buffer), view: new DataView(buffer) });
    }
  }

  /** The file's descriptor, to be handed to another process. */
  get fd(): number {
    return this.#fd;
  }

  /** Advises the host's kernel about all of it (madvise(2)). Throws a `HostCallError`. */
  advise(advice: number): void {
    this.#posix.advise(this.#pointer, this.#mapped, advice);
  }

  /** Binds all of it to the host's NUMA nodes (mbind(2)). Throws a `HostCallError`. */
  bind(mode: number, nodes: readonly number[], flags: number): void {
    this.#posix.bind(this.#pointer, this.#mapped, mode, nodes, flags);
  }

  read(offset: number, into: Uint8Array): void {
    this.#check(offset, into.length);
    if (into.length <= SMALL) {
      for (let at = 0; at < into.length; at++) into[at] = this.readUint(offset + at, 1);
      return;
    }
    this.#eachPart(offset, into.length, (window, at, size, done) =>
      into.set(window.bytes.subarray(at, at + size), done),
    );
  }

  write(offset: number, from: Uint8Array): void {
    this.#checkWrite(offset, from.length);
    if (from.length <= SMALL) {
      for (let at = 0; at < from.length; at++) this.writeUint(offset + at, 1, from[at] ?? 0);
      return;
    }
    this.#eachPart(offset, from.length, (window, at, size, done) =>
      window.bytes.set(from.subarray(done, done + size), at),
    );
  }

  fill(offset: number, length: number, value: number): void {
    this.#checkWrite(offset, length);
    this.#eachPart(offset, length, (window, at, size) => window.bytes.fill(value, at, at + size));
  }

  readUint(offset: number, size: 1 | 2 | 4): number {
    this.#check(offset, size);
    const at = offset % WINDOW_SIZE;
    const window = this.#windows[Math.floor(offset / WINDOW_SIZE)];
    if (window === undefined) return 0;
    if (size === 1) return window.view.getUint8(at);
    if (at + size > window.length) return this.#readAcross(offset, size);
    return size === 2 ? window.view.getUint16(at, true) : window.view.getUint32(at, true);
  }

  writeUint(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#checkWrite(offset, size);
    const at = offset % WINDOW_SIZE;
    const window = this.#windows[Math.floor(offset / WINDOW_SIZE)];
    if (window === undefined) return;
    if (size === 1) window.view.setUint8(at, value);
    else if (at + size > window.length) {
      for (let i = 0; i < size; i++) this.writeUint(offset + i, 1, (value >>> (8 * i)) & 0xff);
    } else if (size === 2) window.view.setUint16(at, value, true);
    else window.view.setUint32(at, value, true);
  }

  borrow(offset: number, length: number, direction: "read" | "write", into: Uint8Array[]): void {
    if (direction === "write") this.#checkWrite(offset, length);
    else this.#check(offset, length);
    this.#eachPart(offset, length, (window, at, size) => void into.push(window.bytes.subarray(at, at + size)));
  }

  /** From the file's holes: another process may write at any time, so nothing is remembered. */
  isKnownZero(offset: number, length: number): boolean {
    return this.nextResident(offset, offset + length) === offset + length;
  }

  /** Of a private mapping nothing is known: its pages need not be the file's. */
  nextResident(from: number, to: number): number {
    this.#check(from, Math.max(to - from, 0));
    if (from >= to) return to;
    if (!this.shared) return from;
    const data = this.#posix.nextData(this.#fd, this.#start + from);
    return data === undefined ? to : Math.min(data - this.#start, to);
  }

  discard(offset: number, length: number): void {
    this.#checkWrite(offset, length);
    if (length === 0) return;
    if (!this.shared || !this.#posix.punchHole(this.#fd, this.#start + offset, length)) this.fill(offset, length, 0);
  }

  residentBytes(): number {
    return this.#limit === 0 ? 0 : Math.min(fstatSync(this.#fd).blocks * 512, this.length);
  }

  flush(offset = 0, length = this.length - offset): void {
    this.#check(offset, length);
    if (!this.#writable || !this.shared || length === 0) return;
    const start = alignDown(offset, this.pageSize);
    this.#posix.sync(this.#pointer, start, offset + length - start);
  }

  dispose(): void {
    if (this.#limit === 0) return;
    this.#limit = 0;
    this.#windows.length = 0;
    if (this.#holds === 0) this.#unmap();
  }

  hold(): Disposable {
    this.#holds++;
    return disposable(() => {
      this.#holds--;
      if (this.#holds === 0 && this.#limit === 0) this.#unmap();
    });
  }

  #unmap(): void {
    this.#posix.unmap(this.#pointer, this.#mapped);
    closeSync(this.#fd);
  }

  /** The kernel maps whole pages. */
  get #mapped(): number {
    return alignUp(this.length, this.pageSize);
  }

  #eachPart(
    offset: number,
    length: number,
    visit: (window: Window, at: number, size: number, done: number) => void,
  ): void {
    for (let done = 0; done < length;) {
      const at = (offset + done) % WINDOW_SIZE;
      const size = Math.min(WINDOW_SIZE - at, length - done);
      const window = this.#windows[Math.floor((offset + done) / WINDOW_SIZE)];
      if (window !== undefined) visit(window, at, size, done);
      done += size;
    }
  }

  #readAcross(offset: number, size: number): number {
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = (value << 8) | this.readUint(offset + i, 1);
    return value >>> 0;
  }

  #check(offset: number, size: number): void {
    if (!(offset >= 0 && offset + size <= this.#limit)) throw memoryErrors.HOST_MEMORY_RANGE(offset, size, this.#limit);
  }

  #checkWrite(offset: number, size: number): void {
    this.#check(offset, size);
    if (!this.#writable) throw memoryErrors.HOST_MEMORY_READONLY(this.#what);
  }
}

function trySynchronous(posix: PosixMemory, request: MapRequest): Pointer {
  try {
    return posix.map({ ...request, synchronous: true });
  } catch (failure) {
    if (failure instanceof HostCallError) return undefined;
    throw failure;
  }
}
