import type { Disposable } from "../disposable.ts";
import type { AddressSpace } from "./contract.ts";
import type { MemoryRegion } from "./memory-region.ts";
import type { AccessAttributes } from "./transaction.ts";

/** What a translation lets through, as bits. */
export type IommuPermission = 0 | 1 | 2 | 3;
export const IOMMU_NONE: IommuPermission = 0;
export const IOMMU_READ: IommuPermission = 1;
export const IOMMU_WRITE: IommuPermission = 2;
export const IOMMU_READ_WRITE: IommuPermission = 3;

/**
 * A translation, filled in by `IommuOps.translate`. `size` is the page's size (a power of two, the address mask plus one):
 * all of the page around the address goes to the page around `translated` in `target`.
 */
export interface IommuTranslation {
  target: AddressSpace | undefined;
  translated: number;
  size: number;
  permission: IommuPermission;
}

/** What is told of a mapping that came or went. */
export interface IommuEvent {
  readonly kind: "map" | "unmap" | "device-unmap";
  readonly target: AddressSpace;
  /** The device's address (IOVA). */
  readonly address: number;
  readonly translated: number;
  /** A power of two; `address` is a multiple of it. */
  readonly size: number;
  /** None for an unmap. */
  readonly permission: IommuPermission;
}

/** Who keeps a copy of the translations of a region, or of a part of it (VFIO, vhost). */
export interface IommuNotifier {
  readonly events: readonly IommuEvent["kind"][];
  /** The part it cares for, in the region; default all. `end` is exclusive. */
  readonly start?: number;
  readonly end?: number;
  /** The index (see `IommuOps.indexOf`); default 0. */
  readonly index?: number;
  notify(event: IommuEvent): void;
}

/** Translates for one region. Tables are read, and faults reported, by the translator; nothing is thrown. */
export interface IommuOps {
  /** The least page; default 4 KiB. */
  readonly minPageSize?: number;
  /**
   * Fills `into` for an access at `address` (from the region's start). `access` is what is asked for; 0 asks for the
   * mapping without using it. No mapping is `permission: 0`. Called for each access, and must not allocate.
   */
  translate(address: number, access: IommuPermission, attributes: AccessAttributes, into: IommuTranslation): void;
  /** Tells the notifier of every present mapping of its part. Default: translates page by page. */
  replay?(notifier: IommuNotifier): void;
  /** Before the set of wanted events changes. A throw refuses the notifier (an IOMMU that cannot tell of mappings). */
  eventsChanged?(before: ReadonlySet<IommuEvent["kind"]>, after: ReadonlySet<IommuEvent["kind"]>): void;
  /** Which of several translations applies to an access; default one for all, number 0. */
  indexOf?(attributes: AccessAttributes): number;
}

/** A region whose accesses go where its translator says. Made by `MemoryRegions.iommu`. */
export interface IommuRegion extends MemoryRegion {
  readonly iommu: IommuOps;
  /** In the order in which they came. */
  readonly notifiers: readonly IommuNotifier[];
  /** Throws what `eventsChanged` throws. */
  addNotifier(notifier: IommuNotifier): Disposable;
  /** Whether anybody wants any of these events: whoever need not look for changes saves itself the work. */
  readonly isWatched: boolean;
  /** Tells those whose part the event touches; a device unmap is told even where it goes beyond. */
  notify(event: IommuEvent, index?: number): void;
  /** Has one notifier told of all that is mapped now. */
  replay(notifier: IommuNotifier): void;
}

/** A stretch of IOVA in pages of powers of two: how an unmap of any length is told. */
export function* pagesOf(
  address: number,
  length: number,
): Iterable<{ readonly address: number; readonly size: number }> {
  for (let at = address; at < address + length;) {
    let size = 2 ** Math.floor(Math.log2(address + length - at));
    while (at % size !== 0) size /= 2;
    yield { address: at, size };
    at += size;
  }
}
