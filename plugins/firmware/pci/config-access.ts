// Configuration mechanism 1: PCI Local Bus Specification 3.0, §3.2.2.3.2.
import type { AccessSize, Platform } from "../platform.ts";

/** Bus, device and function of a configuration access, packed as on the bus: bus << 8 | device << 3 | function. */
export type Bdf = number & { readonly bdf: unique symbol };

export const bdf = (bus: number, device: number, fn = 0): Bdf =>
  (((bus & 0xff) << 8) | ((device & 31) << 3) | (fn & 7)) as Bdf;
export const busOf = (at: Bdf): number => at >> 8;
export const deviceOf = (at: Bdf): number => (at >> 3) & 31;
export const functionOf = (at: Bdf): number => at & 7;

const ADDRESS_PORT = 0xcf8;
const DATA_PORT = 0xcfc;
const ENABLE = 0x8000_0000;

export class PciConfig {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  read(at: Bdf, offset: number, size: AccessSize): number {
    this.#address(at, offset);
    return this.#platform.in(DATA_PORT + (offset & 3), size);
  }

  write(at: Bdf, offset: number, value: number, size: AccessSize): void {
    this.#address(at, offset);
    this.#platform.out(DATA_PORT + (offset & 3), value, size);
  }

  #address(at: Bdf, offset: number): void {
    this.#platform.out(ADDRESS_PORT, ENABLE + at * 0x100 + (offset & 0xfc), 4);
  }
}

/** Registers of the headers (PCI 3.0 §6.1; bridges: PCI-to-PCI Bridge Architecture 1.2 §3.2). */
export const REG = {
  vendor: 0x00,
  device: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  classCode: 0x0a,
  headerType: 0x0e,
  bar0: 0x10,
  primaryBus: 0x18,
  secondaryBus: 0x19,
  subordinateBus: 0x1a,
  ioBase: 0x1c,
  ioLimit: 0x1d,
  memoryBase: 0x20,
  memoryLimit: 0x22,
  prefetchBase: 0x24,
  prefetchLimit: 0x26,
  prefetchBaseHigh: 0x28,
  prefetchLimitHigh: 0x2c,
  rom: 0x30,
  ioBaseHigh: 0x30,
  ioLimitHigh: 0x32,
  capabilities: 0x34,
  bridgeRom: 0x38,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
  bridgeControl: 0x3e,
} as const;

export const COMMAND = { io: 1, memory: 2, master: 4, serr: 0x100 } as const;
export const BRIDGE_CONTROL = { serr: 2, vga: 8 } as const;
/** Nothing answers there. */
export const NO_VENDOR = 0xffff;
