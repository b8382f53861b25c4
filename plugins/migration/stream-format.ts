// Constants of the migration stream, version 3 (QEMU 10.0, docs/devel/migration). All integers are big-endian.

export const STREAM_MAGIC = 0x5145564d;
export const STREAM_VERSION = 3;

/** The byte that begins a part of the stream. */
export const PART = {
  eof: 0x00,
  sectionStart: 0x01,
  sectionPart: 0x02,
  sectionEnd: 0x03,
  sectionFull: 0x04,
  subsection: 0x05,
  vmdescription: 0x06,
  configuration: 0x07,
  command: 0x08,
  footer: 0x7e,
} as const;

/** The only command that a precopy source without a return path sends: the device state comes next. */
export const COMMAND_SWITCHOVER_START = 11;

/** In the low bits of a page's offset. */
export const PAGE_FLAG = {
  zero: 0x02,
  memSize: 0x04,
  page: 0x08,
  eos: 0x10,
  /** The page is in the block of the page before it, whose name is not repeated. */
  continue: 0x20,
  xbzrle: 0x40,
  hook: 0x80,
  multifdFlush: 0x200,
} as const;

/** Offsets are multiples of the target's page, so flags and offset share a number. */
export const PAGE_FLAGS_MASK = 0xfff;
