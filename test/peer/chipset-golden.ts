import type { Place } from "./cases/chipset.ts";
import { loadJson } from "./golden.ts";

/** Dwords of configuration space in hexadecimal, and which of their bits the guest can change. */
export interface ConfigDump {
  readonly place: Place;
  readonly values: string;
  readonly writable?: string;
}

export interface ChipsetState {
  readonly dumps: readonly ConfigDump[];
  /** `start-end name @offset`, of the address spaces "memory" and "I/O". */
  readonly memory: readonly string[];
  readonly io: readonly string[];
}

export interface ChipsetGolden {
  readonly peer: string;
  readonly machines: readonly {
    readonly name: string;
    readonly args: readonly string[];
    readonly reset: ChipsetState;
    readonly firmware: ChipsetState;
  }[];
  readonly iommu: readonly { readonly options: string; readonly registers: string }[];
  readonly cmos: readonly { readonly options: string; readonly bytes: string }[];
  readonly refused: readonly { readonly options: string; readonly text: string }[];
}

export function loadChipsetGolden(): ChipsetGolden {
  return loadJson("chipset.json") as unknown as ChipsetGolden;
}
