// BARs are sized by writing ones and reading back: PCI 3.0 §6.2.5.
import { BRIDGE_CLASS, USB_CLASS, XHCI_INTERFACE } from "./classes.ts";
import { REG, type PciConfig } from "./config-access.ts";
import type { PciFunction } from "./functions.ts";
import type { Region, RegionKind } from "./regions.ts";

const ALL_ONES = 0xffff_ffff;
const ROM_MASK = 0xffff_f800;
const BAR = { io: 1, type64: 4, typeMask: 6, prefetch: 8 } as const;
const IO_FLAGS = 3;
const MEMORY_FLAGS = 15;
/** Pages: no two functions' registers in one. */
const MIN_MEMORY = 4096;
/** No BAR is larger: PCI Express 4.0 §7.8.6 ends its resizable BARs at 2^47 bytes. */
const MAX_SIZE = 2 ** 47;

/** Every BAR that a function implements, in order of registers, the expansion ROM last. */
export function barsOf(config: PciConfig, fn: PciFunction): Region[] {
  const isBridge = fn.classCode === BRIDGE_CLASS;
  const regions: Region[] = [];
  for (let index = 0; index < (isBridge ? 2 : 6); index++) {
    const bar = probe(config, fn, REG.bar0 + index * 4);
    if (bar.is64) index++;
    if (bar.size > 0) regions.push(toRegion(fn, bar));
  }
  const rom = probe(config, fn, isBridge ? REG.bridgeRom : REG.rom);
  if (rom.size > 0) regions.push(toRegion(fn, rom));
  return regions;
}

interface Probe {
  readonly register: number;
  readonly size: number;
  readonly kind: RegionKind;
  readonly is64: boolean;
}

function probe(config: PciConfig, { at }: PciFunction, register: number): Probe {
  const isRom = register === REG.rom || register === REG.bridgeRom;
  const before = config.read(at, register, 4);
  config.write(at, register, isRom ? ROM_MASK : ALL_ONES, 4);
  const mask = config.read(at, register, 4);
  config.write(at, register, before, 4);
  if (isRom) return { register, size: sizeOf(mask & ROM_MASK), kind: "memory", is64: false };
  // What kind it is says the value before: in a small BAR the bits that name the kind hold ones when they are written.
  if ((before & BAR.io) !== 0) {
    // Functions may leave the upper half out: there are no ports beyond 64 Ki.
    const bits = mask & ~IO_FLAGS & 0xffff;
    return { register, size: bits === 0 ? 0 : 0x1_0000 - bits, kind: "io", is64: false };
  }
  const kind = (before & BAR.prefetch) === 0 ? "memory" : "prefetch";
  if ((before & BAR.typeMask) !== BAR.type64)
    return { register, size: sizeOf(mask & ~MEMORY_FLAGS), kind, is64: false };
  const highBefore = config.read(at, register + 4, 4);
  config.write(at, register + 4, ALL_ONES, 4);
  const high = config.read(at, register + 4, 4);
  config.write(at, register + 4, highBefore, 4);
  return { register, size: sizeOf64((mask & ~MEMORY_FLAGS) >>> 0, high), kind, is64: true };
}

/** 0 where no address bit can be set. */
function sizeOf(mask: number): number {
  const bits = mask >>> 0;
  return bits === 0 ? 0 : (~bits + 1) >>> 0;
}

function sizeOf64(low: number, high: number): number {
  if (low === 0 && high === 0) return 0;
  return low === 0 ? ((~high + 1) >>> 0) * 2 ** 32 : (~low + 1) >>> 0;
}

function toRegion(fn: PciFunction, { register, size, kind, is64 }: Probe): Region {
  const rounded = Math.min(kind === "io" ? size : Math.max(size, MIN_MEMORY), MAX_SIZE);
  return { kind, fn, register, size: rounded, alignment: rounded, is64 };
}

/** Old drivers of USB 3 controllers reach 32 bits only, so these stay below 4 GiB. */
export function staysLow({ fn }: Region): boolean {
  return fn.classCode === USB_CLASS && fn.interface === XHCI_INTERFACE;
}
