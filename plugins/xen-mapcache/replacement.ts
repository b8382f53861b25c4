import type { CacheEntry } from "./entry.ts";
import { xenMapCacheErrors } from "./errors.ts";
import type { CacheGeometry } from "./geometry.ts";
import { bucketsOf } from "./geometry.ts";

/** Which windows share a chain, and which of them make room for another. */
export interface Replacement {
  chainOf(index: number): number;
  /** Windows to take away so that one of `size` may be mapped into the chain. Throws `XEN_MAPCACHE_FULL`. */
  victims(chain: readonly CacheEntry[], oldestFirst: Iterable<CacheEntry>, mapped: number, size: number): CacheEntry[];
}

/** A window per bucket, as many as there is room for; then the one that was used longest ago. */
export function leastRecentlyUsed({ maxSize }: CacheGeometry): Replacement {
  return {
    chainOf: (index) => index,
    victims(_chain, oldestFirst, mapped, size) {
      const victims: CacheEntry[] = [];
      let excess = mapped + size - maxSize;
      for (const entry of oldestFirst) {
        if (excess <= 0) break;
        if (entry.locks > 0) continue;
        victims.push(entry);
        excess -= entry.size;
      }
      if (excess > 0) throw xenMapCacheErrors.XEN_MAPCACHE_FULL(size, maxSize + excess - size, maxSize);
      return victims;
    },
  };
}

/** A hash of buckets: the first window of the chain that nobody holds makes room, whatever its size; none, none. */
export function firstUnlocked(geometry: CacheGeometry): Replacement {
  const buckets = bucketsOf(geometry);
  return {
    chainOf: (index) => index % buckets,
    victims(chain) {
      const victim = chain.find(({ locks }) => locks === 0);
      return victim === undefined ? [] : [victim];
    },
  };
}
