import { token } from "backplane";
import type { MemoryDevices } from "backplane/plugins/pc-dimm/contract";

/** Within this plugin: the memory slots, on a machine that has some. */
export interface OptionalMemoryDevices {
  readonly devices: MemoryDevices | undefined;
}

export const OPTIONAL_MEMORY_DEVICES = token<OptionalMemoryDevices>("OPTIONAL_MEMORY_DEVICES");
