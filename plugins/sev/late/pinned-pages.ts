// Linux, arch/x86/kvm/svm/sev.c: memory of an encrypted guest is pinned, and counted against RLIMIT_MEMLOCK.
import { HostCallError, type HostAddress, type HostAddressSpace } from "backplane";

const PAGE = 4096;
/** The kernel counts a region's pages in an int. */
const MOST_PAGES = 2 ** 31 - 1;

/** Pages that are locked in memory, and how many may be. */
export class PinnedPages {
  readonly #addresses: HostAddressSpace;
  /** Pages; Infinity with the privilege to lock without limit. */
  readonly #limit: number;
  #locked = 0;

  constructor(addresses: HostAddressSpace, limitBytes: number | undefined) {
    this.#addresses = addresses;
    this.#limit = limitBytes === undefined ? Number.POSITIVE_INFINITY : Math.floor(limitBytes / PAGE);
  }

  get bytes(): number {
    return this.#locked * PAGE;
  }

  /** Returns how many pages were pinned. Throws EINVAL for no memory, ENOMEM beyond the limit or where nothing is mapped. */
  pin(call: string, address: HostAddress, length: number): number {
    if (length <= 0 || !Number.isSafeInteger(address + length)) throw new HostCallError(call, "EINVAL");
    const pages = Math.floor((address + length - 1) / PAGE) - Math.floor(address / PAGE) + 1;
    if (this.#locked + pages > this.#limit) throw new HostCallError(call, "ENOMEM");
    if (pages > MOST_PAGES) throw new HostCallError(call, "EINVAL");
    if (!this.#isMapped(address, length)) throw new HostCallError(call, "ENOMEM");
    this.#locked += pages;
    return pages;
  }

  unpin(pages: number): void {
    this.#locked -= pages;
  }

  #isMapped(address: HostAddress, length: number): boolean {
    for (let at = 0; at < length;) {
      const target = this.#addresses.find((address + at) as HostAddress);
      if (target === undefined) return false;
      at += target.length;
    }
    return true;
  }
}
