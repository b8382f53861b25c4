// Capability lists: PCI 3.0 §6.7. PCI Express: Base Specification 4.0 §7.5.3. Reserve hints: QEMU docs/pcie_pci_bridge.
import { REG, type Bdf, type PciConfig } from "./config-access.ts";

const HAS_LIST = 0x10;
const EXPRESS = 0x10;
const HOTPLUG = 0x0c;
const VENDOR_SPECIFIC = 0x09;
const RED_HAT = 0x1b36;
const RESERVE_HINTS = 1;
const RESERVE_HINTS_LENGTH = 32;
/** There is room for this many in a configuration space; a longer list goes round in circles. */
const MAX_CAPABILITIES = 48;
const PORT_TYPE = { root: 4, downstream: 6 } as const;
const SLOT_IMPLEMENTED = 0x100;

function* capabilities(
  config: PciConfig,
  at: Bdf,
): Generator<{ readonly id: number; readonly offset: number }, void, undefined> {
  if ((config.read(at, REG.status, 2) & HAS_LIST) === 0) return;
  let offset = config.read(at, REG.capabilities, 1) & 0xfc;
  for (let count = 0; offset >= 0x40 && count < MAX_CAPABILITIES; count++) {
    yield { id: config.read(at, offset, 1), offset };
    offset = config.read(at, offset + 1, 1) & 0xfc;
  }
}

function find(config: PciConfig, at: Bdf, id: number): number | undefined {
  for (const capability of capabilities(config, at)) if (capability.id === id) return capability.offset;
  return undefined;
}

/** Whether devices may come behind the bridge later, so that room must be kept, and over which kind of slot. */
export function slotKind(config: PciConfig, at: Bdf): "express" | "standard" | "none" {
  const express = find(config, at, EXPRESS);
  if (express !== undefined) {
    const flags = config.read(at, express + 2, 2);
    const type = (flags >> 4) & 15;
    if ((type === PORT_TYPE.root || type === PORT_TYPE.downstream) && (flags & SLOT_IMPLEMENTED) !== 0)
      return "express";
  }
  return find(config, at, HOTPLUG) === undefined ? "none" : "standard";
}

/** Sizes that the host's user wants kept on a bridge; undefined where nothing was said. */
export interface ReserveHints {
  readonly buses: number | undefined;
  readonly io: number | undefined;
  readonly memory: number | undefined;
  readonly prefetch: number | undefined;
}

export function reserveHints(config: PciConfig, at: Bdf): ReserveHints | undefined {
  if (config.read(at, REG.vendor, 2) !== RED_HAT) return undefined;
  for (const { id, offset } of capabilities(config, at)) {
    if (id !== VENDOR_SPECIFIC || config.read(at, offset + 3, 1) !== RESERVE_HINTS) continue;
    if (config.read(at, offset + 2, 1) < RESERVE_HINTS_LENGTH) continue;
    const word = (register: number): number => config.read(at, offset + register, 4);
    const [prefetch32, prefetch64] = [word(20), wide(word(24), word(28))];
    return {
      buses: hint(word(4)),
      io: wide(word(8), word(12)),
      memory: hint(word(16)),
      prefetch: prefetch64 ?? hint(prefetch32),
    };
  }
  return undefined;
}

const hint = (value: number): number | undefined => (value === 0xffff_ffff ? undefined : value);

function wide(low: number, high: number): number | undefined {
  if (low === 0xffff_ffff && high === 0xffff_ffff) return undefined;
  return high * 2 ** 32 + low;
}
