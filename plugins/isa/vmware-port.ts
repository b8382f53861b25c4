import { byteLength, type Logger, type MemoryRegion, type MemoryRegions } from "backplane";

/**
 * VMware's backdoor port. Its commands come in processor registers beside the port access, so a guest that is no
 * processor can ask nothing: it reads ones, as where there is no hypervisor.
 */
export function vmwarePort(regions: MemoryRegions, log: Logger): MemoryRegion {
  return regions.io("vmport", byteLength(1), {
    valid: { min: 1, max: 4, unaligned: true },
    impl: { min: 1, max: 4 },
    read: () => {
      log.debug("the VMware port was read by something that has no processor registers");
      return 0xffffffff;
    },
    write: () => undefined,
  });
}
