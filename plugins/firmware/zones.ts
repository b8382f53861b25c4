import { alignDown, MiB } from "backplane";

/** Nothing is allocated less aligned, as in SeaBIOS. */
const MIN_ALIGNMENT = 16;

/** A range that is given away from its top downwards. */
export class Zone {
  readonly #bottom: number;
  #next: number;

  constructor(bottom: number, top: number) {
    this.#bottom = bottom;
    this.#next = top;
  }

  /** The address of `size` bytes; undefined when they do not fit. */
  allocate(size: number, alignment = MIN_ALIGNMENT): number | undefined {
    const address = alignDown(this.#next - size, Math.max(alignment, MIN_ALIGNMENT));
    if (address < this.#bottom) return undefined;
    this.#next = address;
    return address;
  }
}

/** Where SeaBIOS 1.16.3 keeps tables that the system must find below 1 MiB: in the gap below its own code's end. */
const F_SEGMENT = { bottom: 0xf_0800, top: 0xf_5580 } as const;
/** At the end of the RAM below 4 GiB; what of it is used is reserved in the map that the system gets. */
const HIGH_BYTES = 16 * MiB;
/** Below it, for what is needed during the boot only. */
const TEMPORARY_BYTES = 16 * MiB;
/** Under this lies the area of PC firmware and option ROMs. */
const FIRST_USABLE = 1 * MiB;

export interface Zones {
  readonly fSegment: Zone;
  readonly high: Zone;
  readonly temporary: Zone;
}

export function zones(lowRamEnd: number): Zones {
  // A machine with little memory gives half of it to each.
  const half = Math.floor((lowRamEnd - FIRST_USABLE) / 2);
  const high = lowRamEnd - Math.min(HIGH_BYTES, half);
  return {
    fSegment: new Zone(F_SEGMENT.bottom, F_SEGMENT.top),
    high: new Zone(high, lowRamEnd),
    temporary: new Zone(Math.max(FIRST_USABLE, high - TEMPORARY_BYTES), high),
  };
}
