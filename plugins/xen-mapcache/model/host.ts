import {
  HostCallError,
  HostCalls,
  type BlockAccess,
  type HostAddress,
  type HostAddressSpace,
  type HostFault,
  type HostPlacement,
  type RAMList,
} from "backplane";
import {
  XEN_PAGE_SIZE,
  type ForeignMapping,
  type GrantReference,
  type GuestFrame,
  type XenCall,
  type XenGuest,
  type XenHost,
} from "../contract.ts";
import { XenDomain } from "./domain.ts";
import { GrantTable } from "./grant-table.ts";
import { Window, type WindowPage } from "./window.ts";

const CALLS: readonly XenCall[] = [
  "gnttabOpen",
  "foreignMap",
  "foreignUnmap",
  "anonymousMap",
  "grantMap",
  "grantUnmap",
  "populatePhysmap",
  "decreaseReservation",
];

export interface XenLimits {
  readonly domain: number;
  readonly maxPages: number;
  /** Of one mapping. */
  readonly maxGrants: number;
  /** Bytes that this process may have mapped of others. */
  readonly addressSpace: number;
}

interface Mapped {
  readonly placement: HostPlacement;
  readonly window: Window;
  /** Of grants. */
  readonly references: readonly GrantReference[] | undefined;
}

/** Xen without Xen: one guest domain, whose pages are the RAM blocks of this machine. */
export class ModelledXen implements XenHost {
  readonly guest: XenGuest;
  readonly #space: HostAddressSpace;
  readonly #limits: XenLimits;
  readonly #calls: HostCalls<XenCall>;
  readonly #domain: XenDomain;
  readonly #grants: GrantTable;
  readonly #mapped = new Map<HostAddress, Mapped>();
  #bytes = 0;
  #isOpen = false;

  constructor(
    memory: { readonly space: HostAddressSpace; readonly ram: RAMList; readonly access: BlockAccess },
    limits: XenLimits,
    faults: readonly HostFault[] = [],
  ) {
    this.#space = memory.space;
    this.#limits = limits;
    this.#calls = new HostCalls("xen-mapcache", CALLS, faults);
    const domain = new XenDomain(memory.ram, memory.access, limits.maxPages);
    const grants = new GrantTable(domain, limits.maxGrants);
    this.#domain = domain;
    this.#grants = grants;
    this.guest = {
      built: (first, count) => domain.populate(first, count),
      grant: (reference, frame, readonly) => grants.grant(reference, frame, readonly),
      endGrant: (reference) => grants.end(reference),
      get populated() {
        return domain.populated;
      },
    };
  }

  /** Mappings that this process has. */
  get outstanding(): number {
    return this.#mapped.size;
  }

  gnttabOpen(): void {
    this.#calls.enter("gnttabOpen");
    this.#isOpen = true;
  }

  foreignMap(domain: number, frames: readonly GuestFrame[], at?: HostAddress): ForeignMapping {
    this.#enter("foreignMap", domain);
    const address = this.#room("foreignMap", frames.length, at);
    const pages = frames.map((frame): WindowPage => this.#domain.take(frame) ?? { missing: frame });
    // A frame without a page is EINVAL; one that is paged out would be waited for by the library.
    const errors = pages.map((page) => ("missing" in page ? ("EINVAL" as const) : undefined));
    return { address: this.#show(pages, true, address), errors };
  }

  foreignUnmap(address: HostAddress, pages: number): void {
    this.#calls.enter("foreignUnmap");
    this.#release("foreignUnmap", address, pages, (mapped) => mapped.references === undefined);
  }

  anonymousMap(pages: number, at?: HostAddress): HostAddress {
    this.#calls.enter("anonymousMap");
    const address = this.#room("anonymousMap", pages, at);
    const own = Array.from({ length: pages }, () => ({ frame: -1, mappings: 1, own: new Uint8Array(XEN_PAGE_SIZE) }));
    return this.#show(own, true, address);
  }

  grantMap(domain: number, references: readonly GrantReference[], writable: boolean): HostAddress {
    this.#enter("grantMap", domain);
    if (!this.#isOpen) throw new HostCallError("grantMap", "EBADF");
    this.#room("grantMap", Math.max(references.length, 1), undefined);
    return this.#show(this.#grants.map(references, writable), writable, undefined, references);
  }

  grantUnmap(address: HostAddress, pages: number): void {
    this.#calls.enter("grantUnmap");
    const references = this.#mapped.get(address)?.references;
    this.#release("grantUnmap", address, pages, () => references !== undefined);
    this.#grants.unmap(references ?? []);
  }

  populatePhysmap(domain: number, first: GuestFrame, count: number): void {
    this.#enter("populatePhysmap", domain);
    this.#domain.populate(first, count);
  }

  decreaseReservation(domain: number, first: GuestFrame, count: number): void {
    this.#enter("decreaseReservation", domain);
    this.#domain.decrease(first, count);
  }

  close(): void {
    for (const { references } of this.#mapped.values()) this.#grants.unmap(references ?? []);
    for (const address of this.#mapped.keys()) this.#drop(address);
    this.#isOpen = false;
  }

  #enter(call: XenCall, domain: number): void {
    this.#calls.enter(call);
    if (domain !== this.#limits.domain) throw new HostCallError(call, "ESRCH");
  }

  /** Checks that so much may be mapped; `at` must be a mapping of that length, which is replaced. */
  #room(call: XenCall, pages: number, at: HostAddress | undefined): HostAddress | undefined {
    if (pages <= 0) throw new HostCallError(call, "EINVAL");
    if (at !== undefined) {
      if (this.#mapped.get(at)?.window.length !== pages * XEN_PAGE_SIZE) throw new HostCallError(call, "EINVAL");
      return at;
    }
    if (this.#bytes + pages * XEN_PAGE_SIZE > this.#limits.addressSpace) throw new HostCallError(call, "ENOMEM");
    return undefined;
  }

  #show(
    pages: readonly WindowPage[],
    writable: boolean,
    at: HostAddress | undefined,
    references?: readonly GrantReference[],
  ): HostAddress {
    const there = at === undefined ? undefined : this.#mapped.get(at);
    if (there !== undefined) {
      there.window.show(pages);
      return there.placement.address;
    }
    const window = new Window(this.#domain, pages, writable);
    const placement = this.#space.place(window);
    this.#mapped.set(placement.address, { placement, window, references });
    this.#bytes += window.length;
    return placement.address;
  }

  #release(call: XenCall, address: HostAddress, pages: number, fits: (mapped: Mapped) => boolean): void {
    const mapped = this.#mapped.get(address);
    if (mapped === undefined || mapped.window.length !== pages * XEN_PAGE_SIZE || !fits(mapped)) {
      throw new HostCallError(call, "EINVAL");
    }
    this.#drop(address);
  }

  #drop(address: HostAddress): void {
    const mapped = this.#mapped.get(address);
    if (mapped === undefined) return;
    this.#mapped.delete(address);
    this.#bytes -= mapped.window.length;
    void mapped.placement.dispose();
    mapped.window.dispose();
  }
}
