import { ACCESS_BY_PROCESSOR, byteLength, type MemoryRegion, type MemoryRegions } from "backplane";
import type { ApicBus } from "./processor-bus.ts";

export const LOCAL_APIC_ADDRESS = 0xfee00000;
const LENGTH = 0x100000;
/** The page with the registers; beyond it lies the address range of messages. */
const PAGE = 0x1000;

/**
 * The range in which processors see their local APIC's registers, and to which devices write their messages. Only
 * processors see registers: to who is none they read 0.
 */
export function apicWindow(regions: MemoryRegions, bus: ApicBus): MemoryRegion {
  const isProcessor = (attributes = 0): boolean => (attributes & ACCESS_BY_PROCESSOR) !== 0;
  return regions.io("apic-msi", byteLength(LENGTH), {
    read(offset, size, attributes) {
      if (size !== 4 || offset >= PAGE || !isProcessor(attributes)) return 0;
      return (bus.first?.read(offset) ?? 0) >>> 0;
    },
    write(offset, value, size, attributes) {
      if (size !== 4) return;
      if (offset < 0x10 || offset >= PAGE) bus.send(offset, value);
      else if (isProcessor(attributes)) bus.first?.write(offset, value);
    },
  });
}
