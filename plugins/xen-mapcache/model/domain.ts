// A domain's memory: Xen, xen/common/memory.c (XENMEM_populate_physmap, XENMEM_decrease_reservation). A frame number
// names a page of the host until the guest gives the page back; who has it mapped keeps the page, which is then no one's.
import { HostCallError, type BlockAccess, type RAMBlock, type RAMList, type RamAddress } from "backplane";
import { XEN_PAGE_SIZE, type GuestFrame } from "../contract.ts";
import { FrameSet } from "./frame-set.ts";

/** A page of the host that a guest has, or had. */
export interface Page {
  readonly frame: GuestFrame;
  mappings: number;
  /** Its bytes once the guest has given it back. */
  own: Uint8Array | undefined;
}

export interface PageBytes {
  readonly block: RAMBlock;
  readonly offset: number;
}

export class XenDomain {
  readonly #ram: RAMList;
  readonly #access: BlockAccess;
  readonly #maxPages: number;
  readonly #frames = new FrameSet();
  /** The pages that somebody has mapped, by their present frame. */
  readonly #pages = new Map<GuestFrame, Page>();

  constructor(ram: RAMList, access: BlockAccess, maxPages: number) {
    this.#ram = ram;
    this.#access = access;
    this.#maxPages = maxPages;
  }

  get populated(): number {
    return this.#frames.size;
  }

  /** Frames that had a page get another. All or, in the words of `_exact`, EBUSY. */
  populate(first: GuestFrame, count: number): void {
    const more = count - this.#frames.count(first, count);
    if (this.#frames.size + more > this.#maxPages) throw new HostCallError("populatePhysmap", "EBUSY");
    this.#partWith(first, count);
    this.#frames.add(first, count);
  }

  /** The pages go; what the guest had in them is lost to it. */
  decrease(first: GuestFrame, count: number): void {
    if (this.#frames.count(first, count) !== count) throw new HostCallError("decreaseReservation", "EINVAL");
    this.#partWith(first, count);
    this.#frames.remove(first, count);
    for (let frame = first; frame < first + count;) {
      const bytes = this.#bytesOf(frame);
      const pages = bytes === undefined ? 1 : Math.ceil((bytes.block.maxLength - bytes.offset) / XEN_PAGE_SIZE);
      const here = Math.min(pages, first + count - frame);
      if (bytes !== undefined) this.#access.discard(bytes.block, bytes.offset, here * XEN_PAGE_SIZE);
      frame += here;
    }
  }

  /** For whoever maps it; undefined where there is none. */
  take(frame: GuestFrame): Page | undefined {
    if (!this.#frames.has(frame) || this.#bytesOf(frame) === undefined) return undefined;
    const page = this.#pages.get(frame) ?? { frame, mappings: 0, own: undefined };
    page.mappings++;
    this.#pages.set(frame, page);
    return page;
  }

  giveBack(page: Page): void {
    page.mappings--;
    if (page.mappings === 0 && this.#pages.get(page.frame) === page) this.#pages.delete(page.frame);
  }

  /** The bytes of a page, the guest's or no one's. A page outlives the block that had its bytes; these do not. */
  bytes(page: Page): PageBytes | Uint8Array {
    if (page.own !== undefined) return page.own;
    const bytes = this.#bytesOf(page.frame);
    if (bytes !== undefined) return bytes;
    page.own = new Uint8Array(XEN_PAGE_SIZE);
    return page.own;
  }

  /** Where the guest's bytes of a frame are. */
  #bytesOf(frame: GuestFrame): PageBytes | undefined {
    return this.#ram.byRamAddress((frame * XEN_PAGE_SIZE) as RamAddress);
  }

  get access(): BlockAccess {
    return this.#access;
  }

  #partWith(first: GuestFrame, count: number): void {
    for (const [frame, page] of this.#pages) {
      if (frame < first || frame >= first + count) continue;
      const bytes = this.#bytesOf(frame);
      page.own = new Uint8Array(XEN_PAGE_SIZE);
      if (bytes !== undefined) this.#access.read(bytes.block, bytes.offset, page.own);
      this.#pages.delete(frame);
    }
  }
}
