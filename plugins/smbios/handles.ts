/** Handles of the first structure of each type; further ones count up. */
export const HANDLES = {
  bios: 0x000,
  system: 0x100,
  baseboard: 0x200,
  chassis: 0x300,
  processor: 0x400,
  connector: 0x000,
  oemStrings: 0xe00,
  memoryArray: 0x1000,
  memoryDevice: 0x1100,
  mappedAddress: 0x1300,
  boot: 0x2000,
  end: 0x7f00,
} as const;
