// Places and bits of the configuration space header: PCI Local Bus Specification 3.0 §6.1 and §6.2 (type 0),
// PCI-to-PCI Bridge Architecture Specification 1.2 §3.2 (type 1).

export const CONFIG_SIZE = 256;
export const EXTENDED_CONFIG_SIZE = 4096;

export const REG = {
  vendorId: 0x00,
  deviceId: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  programmingInterface: 0x09,
  classId: 0x0a,
  cacheLineSize: 0x0c,
  latencyTimer: 0x0d,
  headerType: 0x0e,
  bar0: 0x10,
  subsystemVendorId: 0x2c,
  subsystemId: 0x2e,
  rom: 0x30,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;

export const BRIDGE_REG = {
  primaryBus: 0x18,
  secondaryBus: 0x19,
  subordinateBus: 0x1a,
  secondaryLatency: 0x1b,
  ioBase: 0x1c,
  ioLimit: 0x1d,
  secondaryStatus: 0x1e,
  memoryBase: 0x20,
  memoryLimit: 0x22,
  prefetchBase: 0x24,
  prefetchLimit: 0x26,
  prefetchBaseHigh: 0x28,
  prefetchLimitHigh: 0x2c,
  ioBaseHigh: 0x30,
  ioLimitHigh: 0x32,
  rom: 0x38,
  control: 0x3e,
} as const;

export const COMMAND = {
  io: 0x001,
  memory: 0x002,
  master: 0x004,
  vgaPalette: 0x020,
  parity: 0x040,
  serr: 0x100,
  interruptDisable: 0x400,
} as const;

export const STATUS = {
  interrupt: 0x0008,
  capabilities: 0x0010,
  mhz66: 0x0020,
  fastBackToBack: 0x0080,
  masterParity: 0x0100,
  devselFast: 0x0000,
  devselMedium: 0x0200,
  signalledTargetAbort: 0x0800,
  receivedTargetAbort: 0x1000,
  receivedMasterAbort: 0x2000,
  signalledSystemError: 0x4000,
  detectedParity: 0x8000,
} as const;

export const HEADER_BRIDGE = 0x01;
export const HEADER_MULTIFUNCTION = 0x80;

/** Low bits of a base address register (§6.2.5.1). */
export const BAR_FLAGS = { io: 0x1, memory64: 0x4, prefetch: 0x8 } as const;
export const ROM_ENABLE = 0x1;

export const BRIDGE_CONTROL = {
  parity: 0x0001,
  serr: 0x0002,
  isa: 0x0004,
  vga: 0x0008,
  vga16: 0x0010,
  masterAbort: 0x0020,
  busReset: 0x0040,
  fastBackToBack: 0x0080,
  discard: 0x0100,
  secondaryDiscard: 0x0200,
  discardStatus: 0x0400,
  discardSerr: 0x0800,
} as const;

/** Capability ids: PCI Code and ID Assignment Specification 1.15 §2 and §3. */
export const CAPABILITY = {
  powerManagement: 0x01,
  slotId: 0x04,
  msi: 0x05,
  vendor: 0x09,
  shpc: 0x0c,
  subsystem: 0x0d,
  express: 0x10,
  msix: 0x11,
  sata: 0x12,
} as const;

export const EXTENDED_CAPABILITY = {
  aer: 0x0001,
  serialNumber: 0x0003,
  acs: 0x000d,
  ari: 0x000e,
  ats: 0x000f,
} as const;

export const CLASS = {
  storageSata: 0x0106,
  networkEthernet: 0x0200,
  hostBridge: 0x0600,
  isaBridge: 0x0601,
  pciBridge: 0x0604,
  smbus: 0x0c05,
  systemOther: 0x0880,
  other: 0x00ff,
} as const;
