// Function 1f.0: Intel I/O Controller Hub 9 Family datasheet (316972) §13.1.

export const VENDOR_INTEL = 0x8086;
export const DEVICE_IDS = { lpc: 0x2918, ahci: 0x2922, smbus: 0x2930 } as const;
export const REVISION = 0x02;

export const LPC_REG = {
  pmBase: 0x40,
  acpiControl: 0x44,
  pirqA: 0x60,
  pirqE: 0x68,
  /** Which legacy ports are decoded. */
  enables: 0x82,
  pmConfiguration1: 0xa0,
  pmConfiguration3: 0xa4,
  rootComplexBase: 0xf0,
} as const;

/** §13.1.13. */
export const PMBASE = { indicator: 0x1, addressMask: 0xff80, length: 0x80 } as const;
/** §13.1.14. */
export const ACPI_CONTROL = { enable: 0x80, sciMask: 0x07 } as const;
/** SCI by the low bits of ACPI_CNTL; the others are reserved. */
export const SCI_INTERRUPTS: readonly (number | undefined)[] = [9, 10, 11, undefined, 20, 21];
/** §13.1.17. */
export const PIRQ = { count: 8, disabled: 0x80, interruptMask: 0x0f } as const;
/** §13.8.1.1. */
export const PMCON1_SMI_LOCK = 0x10;
/** §13.1.36. */
export const RCBA = { enable: 0x1, addressMask: 0xffffc000 } as const;

/** Within the block at PMBASE: §13.8.3. */
export const PM_IO = { event: 0x00, control: 0x04, timer: 0x08, gpe0: 0x20, smi: 0x30, tco: 0x60 } as const;
export const GPE0_LENGTH = 16;

export const PORTS = {
  apm: 0xb2,
  pciHotplug: 0xcc0,
  cpuHotplug: 0xcd8,
  memoryHotplug: 0xa00,
  reset: 0xcf9,
} as const;
