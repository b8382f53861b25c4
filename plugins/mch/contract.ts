/** The Q35 memory controller hub: host bridge, configuration space window, shadow RAM, SMRAM. */
import { token, type MemoryRegion } from "backplane";
import type { PciFunction, PciRange, PciRootBus } from "backplane/plugins/pci/contract";

export interface MmConfigWindow {
  readonly base: number;
  /** 64, 128 or 256 MiB. */
  readonly size: number;
}

export interface Mch {
  /** Throws `MCH_MISSING` before the device `q35-pcihost` was made. */
  readonly root: PciRootBus;
  /** Function 00.0. */
  readonly bridge: PciFunction;
  /** What PCIEXBAR decodes now; undefined while it is disabled. */
  readonly mmConfig: MmConfigWindow | undefined;
  /** From the end of low RAM to the I/O APIC; computed at reset, undefined before the first one. */
  readonly hole32: PciRange | undefined;
  /** `pci-hole64-size`: what the 64-bit window offers at least. */
  readonly hole64Size: number;
  /** Memory as processors in system management mode see it, laid over system memory: the region `smram`. */
  readonly smram: MemoryRegion;
}

export const MCH = token<Mch>("MCH");
