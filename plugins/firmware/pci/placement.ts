import { alignDown, alignUp, GiB } from "backplane";
import { busRegions, type BusRegions } from "./regions.ts";
import { staysLow } from "./sizing.ts";

/** Where addresses for PCI may come from. */
export interface Apertures {
  /** Ports above 0x1000 up to here are free. */
  readonly ioEnd: number;
  readonly memoryStart: number;
  readonly memoryEnd: number;
  /** More than 4 GiB of RAM and known address bits: 64-bit regions go above 4 GiB even when they would fit below. */
  readonly prefer64: boolean;
  /** How far the processor can address is known; if not, what goes above 4 GiB goes right behind memory. */
  readonly trustsAddressBits: boolean;
  /** The first address behind all memory that is or may be plugged. */
  readonly memoryEnd64: () => number;
  /** Whether the machine's memory map uses any of a range. */
  isUsed(address: number, length: number): boolean;
}

/** Address bits of the processor. The firmware cannot ask it here; TCG's have 40, whatever the model. */
export const PHYSICAL_BITS = 40;
/** With more than 4 GiB of RAM, how much room each 64-bit window behind a bridge gets. */
export const WINDOW_PADDING = 2 ** (PHYSICAL_BITS - 11);
const PADDED_TOTAL = 2 ** (PHYSICAL_BITS - 3);
const IO_START = 0x1000;
const USUAL_IO_START = 0xc000;
const USUAL_IO_LENGTH = 0x4000;

export type PlacementFailure = "out of I/O ports" | "out of 32-bit address space";

/**
 * Gives the root buses' lists their bases, and returns the lists that go above 4 GiB (empty when all fits below).
 * Undefined bases never occur: a failure is returned instead.
 */
export function placeRoots(roots: BusRegions, apertures: Apertures): BusRegions | PlacementFailure {
  const io = roots.io.size;
  if (io < USUAL_IO_LENGTH) roots.io.base = USUAL_IO_START;
  else if (io <= apertures.ioEnd - IO_START) roots.io.base = IO_START;
  else return "out of I/O ports";

  const high = busRegions();
  if (!apertures.prefer64 && placeLow(roots, apertures)) return high;
  for (const kind of ["memory", "prefetch"] as const) {
    for (const region of roots[kind].take((region) => region.is64 && !staysLow(region))) high[kind].add(region);
  }
  placeHigh(high, apertures);
  return placeLow(roots, apertures) ? high : "out of 32-bit address space";
}

/** Downwards from the top; the list with the stricter alignment lies lower, so that less is lost between them. */
function placeLow({ memory, prefetch }: BusRegions, { memoryStart, memoryEnd }: Apertures): boolean {
  const [lower, upper] = memory.alignment < prefetch.alignment ? [prefetch, memory] : [memory, prefetch];
  upper.base = alignDown(Math.max(0, memoryEnd - upper.size), upper.alignment);
  lower.base = alignDown(Math.max(0, upper.base - lower.size), lower.alignment);
  return lower.base >= memoryStart && lower.base <= memoryEnd && upper.base >= memoryStart;
}

/** Upwards, near the end of what the processor can address where that is known. */
function placeHigh({ memory, prefetch }: BusRegions, apertures: Apertures): void {
  const unpadded = alignUp(memory.size, GiB) + alignUp(prefetch.size, GiB);
  const total = apertures.prefer64 ? alignUp(unpadded, PADDED_TOTAL) : unpadded;
  const end = apertures.memoryEnd64();
  let base = apertures.trustsAddressBits ? Math.max(end, 2 ** PHYSICAL_BITS - total) : end;
  if (apertures.trustsAddressBits && apertures.isUsed(base, total)) base -= total;
  memory.base = alignUp(alignUp(base, memory.alignment), GiB);
  prefetch.base = alignUp(alignUp(memory.base + memory.size, prefetch.alignment), GiB);
}
