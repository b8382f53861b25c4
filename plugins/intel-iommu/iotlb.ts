// The cache of translations: VT-d specification 4.1 §6.2.4. Typed arrays, so that neither a hit nor an entry allocates.
import type { IommuPermission, IommuTranslation } from "backplane";
import { type Leaf, pageSize } from "./second-level.ts";

const CAPACITY = 1024;
const BUCKETS = 2048;
const NONE = -1;
const PAGE = 4096;
const LARGEST_LEVEL = 3;

/** Of requests without one, where the tables name none for them either. */
export const NO_PASID = 0xffffffff;

export interface Cached {
  readonly source: number;
  readonly pasid: number;
  readonly domain: number;
  readonly isFirstLevel: boolean;
}

export class Iotlb {
  readonly #buckets = new Int16Array(BUCKETS).fill(NONE);
  /** The next entry of the bucket, or the next one that is free. */
  readonly #next = new Int16Array(CAPACITY);
  /** Number of the first 4 KiB page. */
  readonly #page = new Float64Array(CAPACITY);
  readonly #target = new Float64Array(CAPACITY);
  readonly #source = new Uint16Array(CAPACITY);
  readonly #pasid = new Uint32Array(CAPACITY);
  readonly #domain = new Uint16Array(CAPACITY);
  /** 0: the entry is free. */
  readonly #level = new Uint8Array(CAPACITY);
  readonly #permission = new Uint8Array(CAPACITY);
  readonly #isFirstLevel = new Uint8Array(CAPACITY);
  readonly #perLevel = [0, 0, 0, 0];
  #free = 0;
  #size = 0;

  constructor() {
    this.clear();
  }

  clear(): void {
    this.#buckets.fill(NONE);
    this.#level.fill(0);
    this.#perLevel.fill(0);
    for (let entry = 0; entry < CAPACITY; entry++) this.#next[entry] = entry + 1 < CAPACITY ? entry + 1 : NONE;
    this.#free = 0;
    this.#size = 0;
  }

  /** Fills `into` from the smallest page around the address that is cached. What it permits is not looked at. */
  lookup(source: number, pasid: number, address: number, into: IommuTranslation): boolean {
    for (let level = 1; level <= LARGEST_LEVEL; level++) {
      if (this.#perLevel[level] === 0) continue;
      const page = firstPage(address, level);
      let entry = this.#buckets[bucketOf(source, pasid, page)] ?? NONE;
      while (entry !== NONE) {
        if (
          this.#page[entry] === page &&
          this.#source[entry] === source &&
          this.#level[entry] === level &&
          this.#pasid[entry] === pasid
        ) {
          into.translated = this.#target[entry] ?? 0;
          into.size = pageSize(level);
          into.permission = (this.#permission[entry] ?? 0) as IommuPermission;
          return true;
        }
        entry = this.#next[entry] ?? NONE;
      }
    }
    return false;
  }

  /** A full cache is emptied first, as the peer's is. */
  insert(identity: Cached, address: number, { level, address: target, permission }: Leaf): void {
    if (this.#size >= CAPACITY) this.clear();
    const entry = this.#free;
    this.#free = this.#next[entry] ?? NONE;
    const page = firstPage(address, level);
    const bucket = bucketOf(identity.source, identity.pasid, page);
    this.#next[entry] = this.#buckets[bucket] ?? NONE;
    this.#buckets[bucket] = entry;
    this.#page[entry] = page;
    this.#target[entry] = level === 1 ? target : target - (target % pageSize(level));
    this.#source[entry] = identity.source;
    this.#pasid[entry] = identity.pasid;
    this.#domain[entry] = identity.domain;
    this.#isFirstLevel[entry] = identity.isFirstLevel ? 1 : 0;
    this.#level[entry] = level;
    this.#permission[entry] = permission;
    this.#perLevel[level] = (this.#perLevel[level] ?? 0) + 1;
    this.#size++;
  }

  removeDomain(domain: number): void {
    this.#removeWhere((entry) => this.#domain[entry] === domain);
  }

  /**
   * Pages from `address` on, of a domain; `count` is a power of two. What was translated by first-level tables goes
   * altogether, since the address may have been the second level's (§6.5.2.3).
   */
  removePages(domain: number, address: number, count: number): void {
    this.#removeWhere(
      (entry) =>
        this.#domain[entry] === domain && (this.#isFirstLevel[entry] === 1 || this.#touches(entry, address, count)),
    );
  }

  removePasid(domain: number, pasid: number): void {
    this.#removeWhere((entry) => this.#domain[entry] === domain && this.#pasid[entry] === pasid);
  }

  /** Only what was translated by first-level tables (§6.5.2.4). */
  removePagesOfPasid(domain: number, pasid: number, address: number, count: number): void {
    this.#removeWhere(
      (entry) =>
        this.#domain[entry] === domain &&
        this.#pasid[entry] === pasid &&
        this.#isFirstLevel[entry] === 1 &&
        this.#touches(entry, address, count),
    );
  }

  #touches(entry: number, address: number, count: number): boolean {
    const page = this.#page[entry] ?? 0;
    const wanted = Math.floor(address / PAGE);
    const covered = pageSize(this.#level[entry] ?? 1) / PAGE;
    return page - (page % count) === wanted - (wanted % count) || page === wanted - (wanted % covered);
  }

  #removeWhere(isStale: (entry: number) => boolean): void {
    if (this.#size === 0) return;
    for (let entry = 0; entry < CAPACITY; entry++) {
      if (this.#level[entry] !== 0 && isStale(entry)) this.#remove(entry);
    }
  }

  #remove(entry: number): void {
    const bucket = bucketOf(this.#source[entry] ?? 0, this.#pasid[entry] ?? 0, this.#page[entry] ?? 0);
    const next = this.#next[entry] ?? NONE;
    let at = this.#buckets[bucket] ?? NONE;
    if (at === entry) this.#buckets[bucket] = next;
    else {
      while (at !== NONE && this.#next[at] !== entry) at = this.#next[at] ?? NONE;
      if (at !== NONE) this.#next[at] = next;
    }
    const level = this.#level[entry] ?? 0;
    this.#perLevel[level] = (this.#perLevel[level] ?? 1) - 1;
    this.#level[entry] = 0;
    this.#next[entry] = this.#free;
    this.#free = entry;
    this.#size--;
  }
}

function firstPage(address: number, level: number): number {
  const page = Math.floor(address / PAGE);
  return level === 1 ? page : page - (page % (pageSize(level) / PAGE));
}

/** Large pages have numbers with many zeros below. */
function bucketOf(source: number, pasid: number, page: number): number {
  const mixed = Math.imul(page ^ (page / 2 ** 20) ^ Math.imul(source, 0x9e3779b1) ^ pasid, 0x85ebca6b);
  return (mixed >>> 16) & (BUCKETS - 1);
}
