import type { PciFunction } from "./functions.ts";

export const REGION_KINDS = ["io", "memory", "prefetch"] as const;
export type RegionKind = (typeof REGION_KINDS)[number];

/** Something that needs addresses: a BAR, or the window of a bridge. */
export interface Region {
  readonly kind: RegionKind;
  readonly fn: PciFunction;
  /** The register of the BAR; undefined for a window. */
  readonly register: number | undefined;
  readonly size: number;
  readonly alignment: number;
  /** May lie above 4 GiB. */
  readonly is64: boolean;
}

/**
 * What lies next to each other on one bus. Kept with the largest alignment first, then the largest size, then in order of
 * addition: so regions pack without holes.
 */
export class RegionList {
  readonly #regions: Region[] = [];
  base = 0;

  add(region: Region): void {
    const index = this.#regions.findIndex(
      ({ alignment, size }) => alignment < region.alignment || (alignment === region.alignment && size < region.size),
    );
    this.#regions.splice(index < 0 ? this.#regions.length : index, 0, region);
  }

  /** Takes out what satisfies the predicate. */
  take(predicate: (region: Region) => boolean): Region[] {
    const taken = this.#regions.filter(predicate);
    for (const region of taken) this.#regions.splice(this.#regions.indexOf(region), 1);
    return taken;
  }

  [Symbol.iterator](): Iterator<Region> {
    return this.#regions[Symbol.iterator]();
  }

  every(predicate: (region: Region) => boolean): boolean {
    return this.#regions.every(predicate);
  }

  get size(): number {
    return this.#regions.reduce((sum, { size }) => sum + size, 0);
  }

  /** 1 for an empty list. */
  get alignment(): number {
    return this.#regions[0]?.alignment ?? 1;
  }
}

/** The lists of one bus. All root buses share one, because they share the host's address space. */
export type BusRegions = Readonly<Record<RegionKind, RegionList>>;

export const busRegions = (): BusRegions => ({
  io: new RegionList(),
  memory: new RegionList(),
  prefetch: new RegionList(),
});
