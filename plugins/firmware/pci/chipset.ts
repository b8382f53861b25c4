// Registers of Intel's 3 Series MCH and ICH9: data sheets 316966 (§5.1) and 316972 (§13.1, §19.1).
import type { Platform } from "../platform.ts";
import { REG, type PciConfig } from "./config-access.ts";
import type { PciFunction } from "./functions.ts";
import { LINK_LINES } from "./interrupts.ts";

const INTEL = 0x8086;
const MCH = 0x29c0;
const LPC = 0x2918;
const SMBUS = 0x2930;

export const isMch = ({ vendor, device }: PciFunction): boolean => vendor === INTEL && device === MCH;
export const isLpc = ({ vendor, device }: PciFunction): boolean => vendor === INTEL && device === LPC;
const isSmbus = ({ vendor, device }: PciFunction): boolean => vendor === INTEL && device === SMBUS;

export const PCIEXBAR = { base: 0xb000_0000, length: 0x1000_0000 } as const;
/** Where the ports of power management and SMBus lie. The second pair is SeaBIOS's choice for machines without ACPI. */
export const CHIPSET_PORTS = {
  withAcpi: { powerManagement: 0x600, smbus: 0x700 },
  withoutAcpi: { powerManagement: 0xb000, smbus: 0xb100 },
} as const;
export interface ChipsetPorts {
  readonly powerManagement: number;
  readonly smbus: number;
}
/** SMI_EN, in the block of power management. */
export const SMI_ENABLE = 0x30;
const RCBA = 0xfed1_c000;
const ELCR = [0x4d0, 0x4d1] as const;

/** Opens the window of PCI Express' configuration space: 256 MiB, all 256 buses. */
export function openExpressWindow(config: PciConfig, { at }: PciFunction): void {
  // Off while the halves differ.
  config.write(at, 0x60, 0, 4);
  config.write(at, 0x64, 0, 4);
  config.write(at, 0x60, PCIEXBAR.base + 1, 4);
}

/** What a chipset function needs beyond BARs and interrupt line. */
export function setUpChipset(config: PciConfig, platform: Platform, fn: PciFunction, ports: ChipsetPorts): void {
  if (isLpc(fn)) setUpLpc(config, platform, fn, ports.powerManagement);
  if (isSmbus(fn)) setUpSmbus(config, fn, ports.smbus);
}

function setUpLpc(config: PciConfig, platform: Platform, { at }: PciFunction, powerManagement: number): void {
  let level = 0;
  for (const [link, line] of LINK_LINES.entries()) {
    level |= 1 << line;
    config.write(at, 0x60 + link, line, 1);
    config.write(at, 0x68 + link, line, 1);
  }
  platform.out(ELCR[0], level & 0xff, 1);
  platform.out(ELCR[1], level >> 8, 1);
  config.write(at, 0x40, powerManagement + 1, 4);
  config.write(at, 0x44, 0x80, 1);
  config.write(at, 0xf0, RCBA + 1, 4);
}

function setUpSmbus(config: PciConfig, { at }: PciFunction, base: number): void {
  config.write(at, REG.bar0 + 16, base + 1, 4);
  config.write(at, 0x40, 1, 1);
}
