/** Serialization actions: ACPI 6.5 table 18.20. */
export const ACTION = {
  beginWrite: 0x0,
  beginRead: 0x1,
  beginClear: 0x2,
  end: 0x3,
  setRecordOffset: 0x4,
  execute: 0x5,
  checkBusy: 0x6,
  getStatus: 0x7,
  getRecordId: 0x8,
  setRecordId: 0x9,
  getRecordCount: 0xa,
  beginDummyWrite: 0xb,
  getLogAddress: 0xd,
  getLogLength: 0xe,
  getLogAttributes: 0xf,
  getTimings: 0x10,
} as const;

/** What must stand in VALUE for an operation to be carried out. */
export const EXECUTE_MAGIC = 0x9c;
