import { byteLength, KiB, WHOLE_SPACE } from "./address.ts";
import type { MemoryRegions } from "./contract.ts";
import type { MemoryRegion } from "./memory-region.ts";

/** The root of guest-physical memory. */
export function systemMemoryRoot(regions: MemoryRegions): MemoryRegion {
  return regions.container("system", WHOLE_SPACE);
}

/** The root of the I/O ports. It answers itself where no device does: all ones, as an undriven bus reads. */
export function systemIoRoot(regions: MemoryRegions): MemoryRegion {
  return regions.io("io", byteLength(64 * KiB), {
    read: () => 0xffffffff,
    write: () => undefined,
  });
}
