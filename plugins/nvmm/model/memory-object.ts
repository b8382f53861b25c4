import type { HostAddress, HostAddressSpace, HostMemory } from "backplane";

const PAGE = 4096;

/**
 * What the kernel holds for a host mapping: memory that guests and the process share. It stays the guests' when the
 * process lets go of the address; from then on the two see different bytes.
 *
 * The real one is made, zero, by the call that registers it, and takes the place of what was mapped there. Here what was
 * mapped there is taken for it; what an abandoned one held is not kept.
 */
export class MemoryObject {
  readonly #space: HostAddressSpace;
  readonly #start: HostAddress;
  readonly #shared: readonly { readonly at: number; readonly memory: HostMemory; readonly length: number }[];
  /** Pages of an object that the process has abandoned. */
  readonly #own = new Map<number, Uint8Array>();

  constructor(space: HostAddressSpace, start: HostAddress, size: number) {
    this.#space = space;
    this.#start = start;
    const shared: { at: number; memory: HostMemory; length: number }[] = [];
    for (let at = 0; at < size;) {
      const target = space.find((start + at) as HostAddress);
      const length = Math.min(target?.length ?? PAGE, size - at);
      if (target !== undefined) shared.push({ at, memory: target.memory, length });
      at += length;
    }
    this.#shared = shared;
  }

  read(offset: number, into: Uint8Array): void {
    this.#each(offset, into.length, (memory, at, done, size) => {
      const part = into.subarray(done, done + size);
      if (memory === undefined) part.set(this.#page(at).subarray(at % PAGE, (at % PAGE) + size));
      else memory.memory.read(memory.offset, part);
    });
  }

  /** Straight into memory: the kernel keeps no log of what guests write. */
  write(offset: number, from: Uint8Array): void {
    this.#each(offset, from.length, (memory, at, done, size) => {
      const part = from.subarray(done, done + size);
      if (memory === undefined) this.#page(at).set(part, at % PAGE);
      else memory.memory.write(memory.offset, part);
    });
  }

  /** Page by page: whether the process still has the same memory there. */
  #each(
    offset: number,
    length: number,
    visit: (
      shared: { readonly memory: HostMemory; readonly offset: number } | undefined,
      at: number,
      done: number,
      size: number,
    ) => void,
  ): void {
    for (let done = 0; done < length;) {
      const at = offset + done;
      const size = Math.min(PAGE - (at % PAGE), length - done);
      const now = this.#space.find((this.#start + at) as HostAddress);
      const then = this.#shared.find((part) => at >= part.at && at < part.at + part.length);
      visit(now !== undefined && now.memory === then?.memory ? now : undefined, at, done, size);
      done += size;
    }
  }

  #page(at: number): Uint8Array {
    const number = Math.floor(at / PAGE);
    const page = this.#own.get(number) ?? new Uint8Array(PAGE);
    this.#own.set(number, page);
    return page;
  }
}
