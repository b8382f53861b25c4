import { closeSync, fstatSync, ftruncateSync } from "node:fs";
import { GiB, type ByteLength } from "./address.ts";
import { type BackingFile, openBackingFile } from "./backing-file.ts";
import { memoryErrors } from "./errors.ts";
import type { HostMemory } from "./host-memory.ts";
import { type Pointer, type PosixMemory, posixMemory } from "./posix-memory.ts";

/** Node 20 aborts on an array buffer of more than 4 GiB, and numbers index small arrays faster. */
const WINDOW_SIZE = GiB;
const PAGE_SIZE = 4096;
/** Accesses up to this allocate no views. */
const SMALL = 8;

interface Window {
  readonly pointer: Pointer;
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * A shared mapping of a file, or of an anonymous one (memfd): every mapper sees every write. The file must stay as long
 * as the memory: the host's kernel ends this process when it reads a page that was cut off.
 */
export class SharedFileMemory implements HostMemory {
  readonly length: ByteLength;
  readonly shared = true;
  readonly #posix: PosixMemory;
  readonly #fd: number;
  readonly #start: number;
  readonly #what: string;
  readonly #writable: boolean;
  readonly #windows: Window[] = [];
  #limit: number;

  /** Opens, creates or lengthens the file as `openBackingFile` does. Throws `SHARED_MEMORY_UNAVAILABLE` without koffi. */
  static open(file: BackingFile, length: ByteLength): SharedFileMemory {
    const posix = posixMemory();
    const { fd } = openBackingFile(file, length);
    return new SharedFileMemory(posix, fd, file, length);
  }

  /** Memory that another process gets by inheriting the descriptor. */
  static memfd(name: string, length: ByteLength): SharedFileMemory {
    const posix = posixMemory();
    const fd = posix.memfd(name);
    ftruncateSync(fd, length);
    return new SharedFileMemory(posix, fd, { path: name }, length);
  }

  private constructor(posix: PosixMemory, fd: number, file: BackingFile, length: ByteLength) {
    this.#posix = posix;
    this.#fd = fd;
    this.#start = file.offset ?? 0;
    this.#what = file.path;
    this.#writable = file.readonly !== true;
    this.length = length;
    this.#limit = length;
    try {
      for (let at = 0; at < length; at += WINDOW_SIZE)
        this.#windows.push(this.#map(at, Math.min(WINDOW_SIZE, length - at)));
    } catch (failure) {
      this.dispose();
      throw failure;
    }
  }

  /** The file's descriptor, to be handed to another process. */
  get fd(): number {
    return this.#fd;
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

  /** From the file's holes: another process may write at any time, so nothing is remembered. */
  isKnownZero(offset: number, length: number): boolean {
    return this.nextResident(offset, offset + length) === offset + length;
  }

  nextResident(from: number, to: number): number {
    this.#check(from, Math.max(to - from, 0));
    if (from >= to) return to;
    const data = this.#posix.nextData(this.#fd, this.#start + from);
    return data === undefined ? to : Math.min(data - this.#start, to);
  }

  discard(offset: number, length: number): void {
    this.#checkWrite(offset, length);
    if (length > 0 && !this.#posix.punchHole(this.#fd, this.#start + offset, length)) this.fill(offset, length, 0);
  }

  residentBytes(): number {
    return this.#limit === 0 ? 0 : Math.min(fstatSync(this.#fd).blocks * 512, this.length);
  }

  flush(): void {
    if (this.#writable) for (const window of this.#windows) this.#posix.sync(window.pointer, window.length);
  }

  dispose(): void {
    if (this.#limit === 0) return;
    this.#limit = 0;
    for (const window of this.#windows.splice(0)) this.#posix.unmap(window.pointer, window.length);
    closeSync(this.#fd);
  }

  #map(at: number, length: number): Window {
    const mapped = Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
    const pointer = this.#posix.map(this.#fd, this.#start + at, mapped, this.#writable, this.#what);
    const buffer = this.#posix.view(pointer, length);
    return { pointer, length: mapped, bytes: new Uint8Array(buffer), view: new DataView(buffer) };
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
