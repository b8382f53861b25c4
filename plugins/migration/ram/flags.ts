/** Flags in the low bits of a page's offset (migration stream version 3, section `ram` version 4). */
export const FLAG = {
  zero: 0x02,
  memSize: 0x04,
  page: 0x08,
  eos: 0x10,
  continue: 0x20,
} as const;
