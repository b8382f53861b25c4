/** Xen's map cache: windows into a guest domain's memory, and what of Xen they are made with. */
import { token, type ByteLength, type HostAddress, type HostErrno } from "backplane";

/** Of Xen on x86, `XC_PAGE_SIZE`. */
export const XEN_PAGE_SIZE = 4096 as ByteLength;

/** A guest's page by its number. Xen's guests of this machine have their blocks where ram-address space has them. */
export type GuestFrame = number;
/** The number of a grant: a page that a guest lends. */
export type GrantReference = number;

export interface ForeignMapping {
  readonly address: HostAddress;
  /** Per frame: undefined for what is mapped, otherwise why it is not. Touching such a page is a fault. */
  readonly errors: readonly (HostErrno | undefined)[];
}

/**
 * Xen, as a device model reaches it: libxenforeignmemory, libxengnttab, libxenctrl, and mmap(2) for what is nobody's yet.
 * Every call throws a `HostCallError`, having changed nothing. A real host can be put behind it: a plugin that provides
 * `XEN_HOST`.
 */
export interface XenHost {
  /** `xengnttab_open` */
  gnttabOpen(): void;
  /** `xenforeignmemory_map2`, readable and writable; `at` is an address of the same number of pages that is mapped already. */
  foreignMap(domain: number, frames: readonly GuestFrame[], at?: HostAddress): ForeignMapping;
  /** `munmap` of a foreign or anonymous mapping, whole. */
  foreignUnmap(address: HostAddress, pages: number): void;
  /** `mmap` of anonymous memory. */
  anonymousMap(pages: number, at?: HostAddress): HostAddress;
  /** `xengnttab_map_domain_grant_refs`: all of them, or none. */
  grantMap(domain: number, references: readonly GrantReference[], writable: boolean): HostAddress;
  /** `xengnttab_unmap` */
  grantUnmap(address: HostAddress, pages: number): void;
  /** `xc_domain_populate_physmap_exact` */
  populatePhysmap(domain: number, first: GuestFrame, count: number): void;
  /** `xc_domain_decrease_reservation_exact` */
  decreaseReservation(domain: number, first: GuestFrame, count: number): void;
  /** The end of the process: whatever it has mapped goes. */
  close(): void;
}

export type XenCall = Exclude<keyof XenHost, "close">;

/** The other side, on a host that is modelled: what the guest and its toolstack do. Errors as of `XenHost`. */
export interface XenGuest {
  /** The toolstack has given the guest its memory. */
  built(first: GuestFrame, count: number): void;
  /** The guest lends a page. */
  grant(reference: GrantReference, frame: GuestFrame, readonly: boolean): void;
  /** … and wants it back: EBUSY while it is mapped. */
  endGrant(reference: GrantReference): void;
  /** Pages that the domain has. */
  readonly populated: number;
}

export const XEN_HOST = token<XenHost & Partial<{ readonly guest: XenGuest }>>("XEN_HOST");

export interface MapRequest {
  /** A place in ram-address space; of a grant, its number times the page size, plus the offset. */
  readonly address: number;
  /** Bytes that the caller will reach; 0: one page, for one access. */
  readonly size: number;
  /** The window stays until `invalidateEntry`. Grants are always locked. */
  readonly lock: boolean;
  /** The lock is a device's. */
  readonly dma: boolean;
  /** Of grants only: foreign memory is always mapped writable. */
  readonly write: boolean;
  readonly grant: boolean;
}

export interface CacheEntryInfo {
  readonly address: number;
  readonly size: ByteLength;
  readonly hostAddress: HostAddress;
  readonly locks: number;
  readonly dma: number;
  /** Memory of nobody's stands for the guest's, which is not there yet. */
  readonly dummy: boolean;
  readonly validPages: number;
  /** Subscribers of host mappings know it. */
  readonly announced: boolean;
}

export interface CacheInfo {
  readonly name: "foreign" | "grants-ro" | "grants-rw";
  readonly bucketSize: ByteLength;
  readonly buckets: number;
  readonly maxSize: ByteLength;
  readonly mapped: ByteLength;
  readonly entries: readonly CacheEntryInfo[];
}

/** The map caches of a machine: one for its memory, two for grants. */
export interface XenMapCache {
  /**
   * The address of a window on the bytes; undefined where the guest has no page. Throws when the host refuses, when a
   * subscriber of host mappings refuses, and when there is no room: then nothing is mapped.
   */
  map(request: MapRequest): HostAddress | undefined;
  /** The place in ram-address space that a locked window was asked for. */
  ramAddressOf(address: HostAddress): number | undefined;
  /** Gives a lock back; with the last one the window goes. False where nobody holds one at that address. */
  invalidateEntry(address: HostAddress): boolean;
  /** All windows on the guest's memory that nobody holds go: the guest's memory has changed. */
  invalidate(): void;
  /** A window shows other memory from now on, at the same address. Undefined where there is none, or no page. */
  replace(from: number, to: number, size: number): HostAddress | undefined;
  caches(): readonly CacheInfo[];
}

export const XEN_MAP_CACHE = token<XenMapCache>("XEN_MAP_CACHE");
