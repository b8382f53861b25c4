// Serial ATA AHCI specification 1.3.1 §3 (registers) and §4.2 (structures in memory).

export const PORT_COUNT = 6;
export const SLOT_COUNT = 32;
export const ABAR_LENGTH = 0x1000;
export const PORTS_START = 0x100;
export const PORT_LENGTH = 0x80;

export const HBA = { capabilities: 0x00, control: 0x04, status: 0x08, implemented: 0x0c, version: 0x10 } as const;
/** 64-bit addresses, native command queueing, AHCI only, 32 command slots, six ports, generation 1. */
export const CAPABILITIES = 0xc0141f05;
export const VERSION = 0x00010000;
export const CONTROL = { reset: 0x1, interrupts: 0x2, ahci: 0x80000000 } as const;

export const PORT = {
  listLow: 0x00,
  listHigh: 0x04,
  fisLow: 0x08,
  fisHigh: 0x0c,
  interruptStatus: 0x10,
  interruptEnable: 0x14,
  command: 0x18,
  taskFile: 0x20,
  signature: 0x24,
  sataStatus: 0x28,
  sataControl: 0x2c,
  sataError: 0x30,
  active: 0x34,
  issue: 0x38,
} as const;

export const COMMAND = {
  start: 0x1,
  spinUp: 0x2,
  power: 0x4,
  fisReceive: 0x10,
  fisRunning: 0x4000,
  listRunning: 0x8000,
  readOnly: 0x007dffe0,
  interfaceControl: 0xf0000000,
} as const;

/** PxIS (§3.3.5). */
export const PORT_INTERRUPT = {
  registers: 1 << 0,
  pioSetup: 1 << 1,
  setDeviceBits: 1 << 3,
  overflow: 1 << 24,
  busData: 1 << 28,
  busFatal: 1 << 29,
  taskFileError: 1 << 30,
  writable: 0xfdc000ff,
} as const;

export const NO_DEVICE_TASK_FILE = 0x7f;
/** Device present, generation 1, active (§3.3.10). */
export const SATA_CONNECTED = 0x113;

/** A slot's header in the command list (§4.2.2). */
export const HEADER = {
  length: 32,
  write: 0x40,
  atapi: 0x20,
  clearBusy: 0x400,
  /** PRDBC, a table's address. */
  transferred: 4,
  table: 8,
} as const;

/** A command table (§4.2.3). */
export const TABLE = { length: 0x80, packet: 0x40, regions: 0x80, region: 16, lengthMask: 0x3fffff } as const;

/** Places in the memory for received FISes (§4.2.1), and types of FISes (Serial ATA 3.0 §10.3). */
export const RECEIVED = { pioSetup: 0x20, registers: 0x40, setDeviceBits: 0x58 } as const;
export const FIS = { toDevice: 0x27, toHost: 0x34, setDeviceBits: 0xa1, pioSetup: 0x5f } as const;
export const FIS_INTERRUPT = 0x40;
export const FIS_LENGTH = 20;
export const SOFT_RESET = 0x04;

/** Queued commands (Serial ATA 3.0 §13.6). */
export const QUEUED = { read: 0x60, write: 0x61, nonData: 0x63, send: 0x64, receive: 0x65 } as const;
export const QUEUED_COMMANDS: readonly number[] = Object.values(QUEUED);
