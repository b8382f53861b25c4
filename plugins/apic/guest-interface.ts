import { byteLength, type Logger, type MemoryRegion, type MemoryRegions } from "backplane";

/**
 * Port 0x7e, by which the option ROM `kvmvapic.bin` offers itself for speeding up task priority accesses. The offer refers
 * to the instruction that makes it, so a guest that is no processor cannot make one: it is logged and has no effect.
 */
export function guestInterfacePort(regions: MemoryRegions, log: Logger): MemoryRegion {
  return regions.io("kvmvapic", byteLength(2), {
    valid: { min: 1, max: 4 },
    read: () => 0xffffffff,
    write: (_offset, value) => log.debug("an offer of the APIC option ROM was ignored", { value }),
  });
}
