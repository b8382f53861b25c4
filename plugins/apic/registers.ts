// Local APIC registers: Intel SDM volume 3, §11.4.1, by their offsets in the page.
export const AT = {
  id: 0x020,
  version: 0x030,
  taskPriority: 0x080,
  arbitrationPriority: 0x090,
  processorPriority: 0x0a0,
  endOfInterrupt: 0x0b0,
  logicalDestination: 0x0d0,
  destinationFormat: 0x0e0,
  spurious: 0x0f0,
  inService: 0x100,
  triggerMode: 0x180,
  request: 0x200,
  errorStatus: 0x280,
  commandLow: 0x300,
  commandHigh: 0x310,
  timer: 0x320,
  lint0: 0x350,
  lint1: 0x360,
  error: 0x370,
  initialCount: 0x380,
  currentCount: 0x390,
  divide: 0x3e0,
  selfInterrupt: 0x3f0,
} as const;

/** Six entries in the local vector table, of which the version counts all but the first. */
export const VERSION = 0x50014;
export const SPURIOUS = { default: 0xff, enable: 0x100, writable: 0x1ff } as const;
export const LVT = { vector: 0xff, level: 0x8000, masked: 0x10000, periodic: 0x20000, deadline: 0x40000 } as const;
export const ILLEGAL_ADDRESS = 0x80;

/** Delivery modes of messages and of the local vector table: §11.5.1, §11.6.1. */
export const DELIVERY = {
  fixed: 0,
  lowestPriority: 1,
  systemManagement: 2,
  nonMaskable: 4,
  initialize: 5,
  startup: 6,
  external: 7,
} as const;

export const deliveryOf = (command: number): number => (command >> 8) & 7;

/** Interrupt command register: §11.6.1. */
export const COMMAND = { logical: 0x800, assert: 0x4000, level: 0x8000 } as const;
export const shorthandOf = (command: number): number => (command >> 18) & 3;
