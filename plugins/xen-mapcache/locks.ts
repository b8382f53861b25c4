import type { HostAddress } from "backplane";
import type { CacheEntry } from "./entry.ts";

interface Lock {
  readonly entry: CacheEntry;
  readonly dma: boolean;
}

/** Who holds which window, by the very address that the holder was given. Several may have got the same one. */
export class Locks {
  readonly #held = new Map<HostAddress, Lock[]>();

  add(address: HostAddress, entry: CacheEntry, dma: boolean): void {
    const lock = { entry, dma };
    const others = this.#held.get(address);
    if (others === undefined) this.#held.set(address, [lock]);
    else others.push(lock);
    entry.locks++;
    if (dma) entry.dmaLocks++;
  }

  find(address: HostAddress): CacheEntry | undefined {
    return this.#held.get(address)?.at(-1)?.entry;
  }

  /** The youngest lock on the address. */
  remove(address: HostAddress): CacheEntry | undefined {
    const locks = this.#held.get(address);
    const lock = locks?.pop();
    if (lock === undefined) return undefined;
    if (locks?.length === 0) this.#held.delete(address);
    lock.entry.locks--;
    if (lock.dma) lock.entry.dmaLocks--;
    return lock.entry;
  }
}
