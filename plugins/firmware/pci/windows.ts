// The windows of bridges: PCI-to-PCI Bridge Architecture 1.2 §3.2.5.6 to §3.2.5.10.
import { alignUp, KiB, MiB } from "backplane";
import { reserveHints, slotKind, type ReserveHints } from "./capabilities.ts";
import { REG, type Bdf, type PciConfig } from "./config-access.ts";
import type { PciFunction } from "./functions.ts";
import { REGION_KINDS, type BusRegions, type Region, type RegionKind } from "./regions.ts";

const IO_GRANULE = 4 * KiB;
/** The granule of the registers is 1 MiB; two let a driver map the window with large pages. */
const MEMORY_GRANULE = 2 * MiB;
const PREFETCH_IS_64 = 1;
/** A wish beyond this is no wish. */
const MAX_HINT = 2 ** 44;

/** Whether the bridge has the window at all: registers of a missing one keep no bits. */
function hasWindow(config: PciConfig, at: Bdf, kind: RegionKind): boolean {
  if (kind === "memory") return true;
  const register = kind === "io" ? REG.ioBase : REG.prefetchBase;
  config.write(at, register, 0xff, 1);
  return config.read(at, register, 1) !== 0;
}

function hintFor(hints: ReserveHints | undefined, kind: RegionKind): number {
  const wish = hints?.[kind] ?? 0;
  return wish > MAX_HINT ? 0 : wish;
}

/**
 * The windows that a bridge needs for what was found behind it. Where devices can be plugged later, the smallest window is
 * kept for them; only ports, which are scarce, are not kept on a PCI Express slot.
 */
export function windowsOf(
  config: PciConfig,
  bridge: PciFunction,
  behind: BusRegions,
  padding: number | undefined,
): Region[] {
  const { at } = bridge;
  const slot = slotKind(config, at);
  const hints = reserveHints(config, at);
  const kinds = REGION_KINDS.filter((kind) => hasWindow(config, at, kind));
  if (!kinds.includes("prefetch")) {
    // Prefetchable memory may lie in the ordinary window, though not the other way round.
    for (const region of behind.prefetch.take(() => true)) behind.memory.add({ ...region, kind: "memory" });
  }
  const windows: Region[] = [];
  for (const kind of kinds) {
    const list = behind[kind];
    const is64 =
      kind === "prefetch" &&
      (config.read(at, REG.prefetchBase, 1) & 15) === PREFETCH_IS_64 &&
      list.every(({ is64 }) => is64);
    const granule = kind === "io" ? IO_GRANULE : Math.max(MEMORY_GRANULE, is64 ? (padding ?? 0) : 0);
    const keep = slot === "standard" || (slot === "express" && kind !== "io");
    const needed = list.size === 0 && keep ? granule : list.size;
    const size = alignUp(Math.max(needed, hintFor(hints, kind)), granule);
    windows.push({ kind, fn: bridge, register: undefined, size, alignment: Math.max(granule, list.alignment), is64 });
  }
  return windows;
}

/** Opens a window. An empty one ends below its base, which closes it. */
export function openWindow(config: PciConfig, { fn: { at }, kind, size }: Region, base: number): void {
  const limit = base + size - 1;
  switch (kind) {
    case "io":
      config.write(at, REG.ioBase, (base >> 8) & 0xff, 1);
      config.write(at, REG.ioBaseHigh, 0, 2);
      config.write(at, REG.ioLimit, (limit >> 8) & 0xff, 1);
      config.write(at, REG.ioLimitHigh, 0, 2);
      return;
    case "memory":
      config.write(at, REG.memoryBase, (base >>> 16) & 0xffff, 2);
      config.write(at, REG.memoryLimit, (limit >>> 16) & 0xffff, 2);
      return;
    case "prefetch":
      config.write(at, REG.prefetchBase, (base >>> 16) & 0xffff, 2);
      config.write(at, REG.prefetchLimit, (limit >>> 16) & 0xffff, 2);
      config.write(at, REG.prefetchBaseHigh, Math.floor(base / 2 ** 32), 4);
      config.write(at, REG.prefetchLimitHigh, Math.floor(limit / 2 ** 32), 4);
  }
}
