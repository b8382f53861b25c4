import { disposable, type ByteLength, type Disposable, type HostMemory } from "backplane";
import { XEN_PAGE_SIZE } from "../contract.ts";
import { xenMapCacheErrors } from "../errors.ts";
import type { Page, XenDomain } from "./domain.ts";

/** What a page of a window is: a guest's, nobody's (anonymous memory), or none, by the frame that was asked for. */
export type WindowPage = Page | { readonly missing: number };

/** A stretch of the process's address space behind which another domain's pages lie. Not a copy: bytes are the guest's. */
export class Window implements HostMemory {
  readonly length: ByteLength;
  readonly shared = true;
  readonly #domain: XenDomain;
  readonly #writable: boolean;
  #pages: readonly WindowPage[];

  constructor(domain: XenDomain, pages: readonly WindowPage[], writable: boolean) {
    this.#domain = domain;
    this.#pages = pages;
    this.#writable = writable;
    this.length = (pages.length * XEN_PAGE_SIZE) as ByteLength;
  }

  /** Other pages, at the same address. */
  show(pages: readonly WindowPage[]): void {
    this.#giveBack();
    this.#pages = pages;
  }

  read(offset: number, into: Uint8Array): void {
    this.#each(offset, into.length, (page, within, done, size) => {
      const part = into.subarray(done, done + size);
      const bytes = this.#domain.bytes(page);
      if (bytes instanceof Uint8Array) part.set(bytes.subarray(within, within + size));
      else bytes.block.host.read(bytes.offset + within, part);
    });
  }

  write(offset: number, from: Uint8Array): void {
    this.#refuseWrites();
    this.#each(offset, from.length, (page, within, done, size) => {
      const part = from.subarray(done, done + size);
      const bytes = this.#domain.bytes(page);
      if (bytes instanceof Uint8Array) bytes.set(part, within);
      else this.#domain.access.write(bytes.block, bytes.offset + within, part);
    });
  }

  fill(offset: number, length: number, value: number): void {
    for (let done = 0; done < length; done += XEN_PAGE_SIZE) {
      this.write(offset + done, new Uint8Array(Math.min(XEN_PAGE_SIZE, length - done)).fill(value));
    }
  }

  readUint(offset: number, size: 1 | 2 | 4): number {
    const bytes = Buffer.alloc(size);
    this.read(offset, bytes);
    return bytes.readUIntLE(0, size);
  }

  writeUint(offset: number, size: 1 | 2 | 4, value: number): void {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntLE((value & (size === 4 ? -1 : 2 ** (8 * size) - 1)) >>> 0, 0, size);
    this.write(offset, bytes);
  }

  borrow(offset: number, length: number, direction: "read" | "write", into: Uint8Array[]): void {
    if (direction === "write") this.#refuseWrites();
    this.#each(offset, length, (page, within, _done, size) => {
      const bytes = this.#domain.bytes(page);
      if (bytes instanceof Uint8Array) into.push(bytes.subarray(within, within + size));
      else bytes.block.host.borrow(bytes.offset + within, size, direction, into);
    });
  }

  isKnownZero(offset: number, length: number): boolean {
    return this.nextResident(offset, offset + length) === offset + length;
  }

  nextResident(from: number, to: number): number {
    return Math.min(from, to);
  }

  /** The pages are the guest's: they cannot be given back from here. */
  discard(offset: number, length: number): void {
    this.fill(offset, length, 0);
  }

  residentBytes(): number {
    return 0;
  }

  flush(): void {
    // Nothing is behind it but the guest's memory.
  }

  readonly #release: Disposable = disposable(() => this.#giveBack());
  dispose(): void {
    void this.#release.dispose();
  }

  #refuseWrites(): void {
    if (!this.#writable) throw xenMapCacheErrors.XEN_PAGE_READONLY();
  }

  #each(offset: number, length: number, visit: (page: Page, within: number, done: number, size: number) => void): void {
    for (let done = 0; done < length;) {
      const number = Math.floor((offset + done) / XEN_PAGE_SIZE);
      const within = (offset + done) % XEN_PAGE_SIZE;
      const size = Math.min(XEN_PAGE_SIZE - within, length - done);
      const page = this.#pages[number];
      if (page === undefined || "missing" in page) throw xenMapCacheErrors.XEN_PAGE_MISSING(page?.missing ?? number);
      visit(page, within, done, size);
      done += size;
    }
  }

  #giveBack(): void {
    for (const page of this.#pages) if (!("missing" in page)) this.#domain.giveBack(page);
    this.#pages = [];
  }
}
