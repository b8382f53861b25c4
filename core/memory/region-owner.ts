import type { MemoryRegion } from "./memory-region.ts";

/**
 * Whose a region is: a device, mostly. Monitors name it (`info mtree -o`), and in the object tree the region is its
 * child. Regions made inside `MemoryRegions.withOwner` belong to the owner given there; others to nobody.
 */
export interface RegionOwner {
  /** Its place in the object tree. */
  readonly path: string;
  /** False for an object that is no device, such as a memory backend. */
  readonly isDevice: boolean;
  /** A device's id. */
  readonly id?: string | undefined;
  /** Told of each region that is made for it, and of each that is destroyed. */
  adopt(region: MemoryRegion): void;
  /** The region's own place in the object tree. */
  pathOf(region: MemoryRegion): string;
  release(region: MemoryRegion): void;
}
