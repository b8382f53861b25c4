// Function 00.0 of the memory controller hub: Intel 3 Series Express Chipset Family datasheet (316966) §5.1.
import { COMMAND } from "backplane/plugins/pci/contract";

export const VENDOR_INTEL = 0x8086;
/** 82P35, the variant without graphics. */
export const DEVICE_P35 = 0x29c0;

export const MCH_REG = {
  /** Not of this chipset: the peer's register for larger TSEG sizes. */
  extendedTseg: 0x50,
  pciExpressBar: 0x60,
  pam0: 0x90,
  /** Not of this chipset: the peer's lock of the default SMRAM. */
  smbaseLock: 0x9c,
  smram: 0x9d,
  extendedSmram: 0x9e,
} as const;

/** §5.1.16. */
export const PCIEXBAR = { enable: 0x1, lengthMask: 0x6, default: 0xb000_0000 } as const;

/** §5.1.25. */
export const SMRAM = { open: 0x40, closed: 0x20, locked: 0x10, enable: 0x08, baseSegment: 0x02 } as const;
export const SMRAM_DEFAULT = SMRAM.baseSegment;
export const SMRAM_WRITABLE = SMRAM.open | SMRAM.closed | SMRAM.locked | SMRAM.enable;
export const SMRAM_WRITABLE_LOCKED = SMRAM.closed;

/** §5.1.26. */
export const ESMRAM = {
  high: 0x80,
  error: 0x40,
  cache: 0x20,
  l1: 0x10,
  l2: 0x08,
  tsegSize: 0x06,
  tsegEnable: 0x01,
} as const;
export const ESMRAM_DEFAULT = ESMRAM.cache | ESMRAM.l1 | ESMRAM.l2;
export const ESMRAM_WRITABLE = ESMRAM.high | ESMRAM.tsegSize | ESMRAM.tsegEnable;

export { COMMAND };
