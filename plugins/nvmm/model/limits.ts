// NetBSD, sys/dev/nvmm/nvmm_internal.h and nvmm.h; DragonFly BSD, sys/dev/virtual/nvmm/nvmm_internal.h.
import { byteLength, GiB, TiB, type ByteLength } from "backplane";
import type { NvmmCapability } from "../contract.ts";

/** `NVMM_KERN_VERSION` of the interface with host mappings. */
export const KERNEL_VERSION = 2;
/** `sizeof(struct nvmm_x64_state)`: segments, general, control, debug and model-specific registers, interrupts, FPU. */
export const STATE_SIZE = 1008;

export interface NvmmLimits extends NvmmCapability {
  /** `NVMM_MAX_HMAPPINGS`, per machine. */
  readonly maxHostMappings: number;
}

const common = { version: KERNEL_VERSION, stateSize: STATE_SIZE, maxMachines: 128, maxHostMappings: 32 } as const;
const ram = (bytes: number): ByteLength => byteLength(bytes);

export const NVMM_LIMITS: { readonly [System in "netbsd" | "dragonfly"]: NvmmLimits } = {
  netbsd: { ...common, maxVcpus: 256, maxRam: ram(128 * GiB) },
  dragonfly: { ...common, maxVcpus: 128, maxRam: ram(127 * TiB) },
};
