import { token, type Disposable } from "backplane";
import type { Ide } from "backplane/plugins/ide/contract";
import type { MemoryDevices } from "backplane/plugins/pc-dimm/contract";
import type { Eeprom } from "./smbus-eeprom.ts";

/** Within this plugin: the memory slots, on a machine that has some. */
export interface OptionalMemoryDevices {
  readonly devices: MemoryDevices | undefined;
}

export const OPTIONAL_MEMORY_DEVICES = token<OptionalMemoryDevices>("OPTIONAL_MEMORY_DEVICES");

/** Within this plugin: what answers on the SMBus, by its address of seven bits. */
export interface Smbus {
  attach(address: number, target: Eeprom): Disposable;
  at(address: number): Eeprom | undefined;
}

export const SMBUS = token<Smbus>("SMBUS");

/** Within this plugin: the buses behind the SATA ports, on a machine that has drives. */
export interface OptionalIde {
  readonly ide: Ide | undefined;
}

export const OPTIONAL_IDE = token<OptionalIde>("OPTIONAL_IDE");
