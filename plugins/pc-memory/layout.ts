// Where RAM, device memory and the 64-bit PCI hole lie. The space below 4 GiB is shared with devices (Intel 3 Series
// Express Chipset Family datasheet §2.5, "Main Memory Address Space").
import { alignUp, GiB, MiB, TARGET_PAGE_SIZE, type Logger } from "backplane";
import type { CpuIdentity } from "backplane/plugins/x86-cpu/contract";
import { E820_RESERVED, type E820Entry } from "./contract.ts";
import { pcMemoryErrors } from "./errors.ts";

export interface Layout {
  readonly belowFourGiB: number;
  readonly aboveFourGiB: number;
  readonly aboveFourGiBStart: number;
  readonly deviceMemory: { readonly base: number; readonly size: number } | undefined;
  readonly pciHole64Start: number;
  /** Reservations that come before RAM in the e820 table. */
  readonly reserved: readonly E820Entry[];
}

export interface LayoutRequest {
  readonly size: number;
  readonly maxSize: number;
  readonly slots: number;
  /** `-machine max-ram-below-4g=…`. */
  readonly maxBelowFourGiB: number | undefined;
  readonly cpu: { readonly identity: CpuIdentity; readonly physBits: number };
  /** False for old machine types, which lay RAM over them. Default true. */
  readonly avoidsHyperTransport?: boolean;
}

const FOUR_GIB = 4 * GiB;
/** More RAM than this leaves no room below 4 GiB for the MMCONFIG area and PCI; then 2 GiB stay below. */
const MOST_BELOW = 0xb000_0000;
const SPLIT_BELOW = 2 * GiB;
const MAX_SLOTS = 256;
/** What the q35 host bridge asks for its 64-bit hole. */
const PCI_HOLE64_SIZE = 32 * GiB;
/** HyperTransport's addresses, which AMD processors keep for themselves (AMD I/O Virtualization specification §2.1.2). */
const HYPER_TRANSPORT = { start: 0xfd_0000_0000, end: 0x100_0000_0000 } as const;
const HYPER_TRANSPORT_PHYS_BITS = 40;

/** Refuses what no PC can have. Throws the peer's texts, in the peer's order. */
export function checkRequest({ size, maxSize, slots }: Pick<LayoutRequest, "size" | "maxSize" | "slots">): void {
  if (maxSize < size) throw pcMemoryErrors.MEMORY_MAXIMUM(maxSize, size);
  if (slots > 0 && maxSize === size) throw pcMemoryErrors.PC_MEMORY_SLOTS_WITHOUT_ROOM(maxSize, size);
}

function bytesBelow(size: number, limit: number | undefined, log: Logger): number {
  const most = size >= MOST_BELOW ? SPLIT_BELOW : MOST_BELOW;
  if (limit === undefined || limit === 0) return Math.min(size, most);
  if (limit > FOUR_GIB) throw pcMemoryErrors.MEMORY_BELOW_4G(limit);
  if (limit < MiB) {
    log.warn(`Only ${limit} bytes of RAM below the 4GiB boundary,BIOS may not work with less than 1MiB`);
  }
  // As in C, less memory than the limit counts as much more.
  if (most > limit && (size < limit || size - limit > limit) && limit % GiB !== 0) {
    log.warn(
      `There is possibly poor performance as the ram size  (0x${size.toString(16)}) is more then twice the size of max-ram-below-4g (${limit}) and max-ram-below-4g is not a multiple of 1G.`,
    );
  }
  return Math.min(size, most, limit);
}

/** Every slot may lose up to a gigabyte to the alignment of huge pages. */
function deviceMemory(request: LayoutRequest, ramEnd: number): Layout["deviceMemory"] {
  const { size, maxSize, slots } = request;
  if (maxSize <= size) return undefined;
  return { base: alignUp(ramEnd, GiB), size: maxSize - size + slots * GiB };
}

function placeAbove(
  request: LayoutRequest,
  below: number,
  start: number,
): Pick<Layout, "deviceMemory" | "pciHole64Start"> {
  const ramEnd = start + (request.size - below);
  const device = deviceMemory(request, ramEnd);
  const end = device === undefined ? ramEnd : device.base + device.size;
  return { deviceMemory: device, pciHole64Start: alignUp(end, GiB) };
}

/** One past the highest address that the guest may need; 32-bit processors never see the 64-bit hole. */
function usedEnd(request: LayoutRequest, below: number, start: number): number {
  const { deviceMemory: device, pciHole64Start } = placeAbove(request, below, start);
  if (request.cpu.identity.longMode) return pciHole64Start + PCI_HOLE64_SIZE;
  return device === undefined ? start + (request.size - below) : device.base + device.size;
}

/** Refuses what the processors or the board cannot have. Throws the peer's texts, in the peer's order. */
export function checkLayout(request: LayoutRequest, { belowFourGiB, aboveFourGiBStart }: Layout): void {
  const { size, maxSize, slots, cpu } = request;
  const needed = usedEnd(request, belowFourGiB, aboveFourGiBStart);
  const limit = 2 ** cpu.physBits;
  if (limit < needed) throw pcMemoryErrors.MEMORY_PHYS_BITS(limit, needed, cpu.physBits);
  if (maxSize <= size) return;
  if (slots > MAX_SLOTS) throw pcMemoryErrors.PC_MEMORY_SLOTS(slots);
  if (maxSize % TARGET_PAGE_SIZE !== 0) throw pcMemoryErrors.MEMORY_MAXIMUM_ALIGNMENT(TARGET_PAGE_SIZE);
}

export function layOut(request: LayoutRequest, log: Logger): Layout {
  const { identity, physBits } = request.cpu;
  const below = bytesBelow(request.size, request.maxBelowFourGiB, log);
  const isAmd = request.avoidsHyperTransport !== false && identity.vendor === "AuthenticAMD";
  const { start, end } = HYPER_TRANSPORT;
  const crosses = isAmd && usedEnd(request, below, FOUR_GIB) > start;
  const aboveFourGiBStart = crosses ? end : FOUR_GIB;
  const reserved = isAmd && physBits >= HYPER_TRANSPORT_PHYS_BITS;
  return {
    belowFourGiB: below,
    aboveFourGiB: request.size - below,
    aboveFourGiBStart,
    ...placeAbove(request, below, aboveFourGiBStart),
    reserved: reserved ? [{ address: start, length: end - start, type: E820_RESERVED }] : [],
  };
}
