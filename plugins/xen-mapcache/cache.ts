import { byteLength, type ByteLength, type HostAddress } from "backplane";
import type { Announcer } from "./announcer.ts";
import { Chains } from "./chains.ts";
import { XEN_PAGE_SIZE, type CacheInfo } from "./contract.ts";
import { CacheEntry } from "./entry.ts";
import { xenMapCacheErrors } from "./errors.ts";
import { bucketsOf, measure, type CacheGeometry } from "./geometry.ts";
import { Locks } from "./locks.ts";
import type { MappedPages, Mapper } from "./mapper.ts";
import type { Replacement } from "./replacement.ts";

export interface WindowRequest {
  readonly address: number;
  readonly size: number;
  readonly lock: boolean;
  readonly dma: boolean;
}

/** One cache of windows: those on the guest's memory, or on its grants. */
export class WindowCache {
  readonly name: CacheInfo["name"];
  readonly #geometry: CacheGeometry;
  readonly #mapper: Mapper;
  readonly #announcer: Announcer;
  readonly #replacement: Replacement;
  /** The guest is coming over: memory that it does not have yet may be stood in for. */
  readonly #mayStandIn: () => boolean;
  readonly #chains: Chains;
  /** All of them, the one used longest ago first. */
  readonly #byUse = new Set<CacheEntry>();
  readonly #locks = new Locks();
  #mapped = 0;
  /** The one used last: most accesses are near each other. */
  #last: CacheEntry | undefined;

  constructor(
    name: CacheInfo["name"],
    geometry: CacheGeometry,
    mapper: Mapper,
    announcer: Announcer,
    replacement: Replacement,
    mayStandIn: () => boolean,
  ) {
    this.name = name;
    this.#geometry = geometry;
    this.#mapper = mapper;
    this.#announcer = announcer;
    this.#replacement = replacement;
    this.#chains = new Chains((index) => replacement.chainOf(index));
    this.#mayStandIn = mayStandIn;
  }

  map(request: WindowRequest): HostAddress | undefined {
    const { maxSize } = this.#geometry;
    if (request.size > maxSize) throw xenMapCacheErrors.XEN_MAPCACHE_FULL(request.size, 0, maxSize);
    const near = request.size === 0 && !request.lock ? this.#inLast(request.address) : undefined;
    if (near !== undefined) return near;
    const { index, offset, first, count, size } = measure(this.#geometry, request.address, request.size);
    let entry = this.#find(index, size, first, count) ?? this.#make(index, size, false);
    if (!entry.covers(first, count)) {
      this.#last = undefined;
      if (!this.#mayStandIn()) return undefined;
      this.#drop(entry, "itself");
      entry = this.#make(index, size, true);
    }
    this.#use(entry);
    if (request.lock) this.#locks.add(at(entry, offset), entry, request.dma);
    return at(entry, offset);
  }

  /** The place that a lock was asked for. */
  addressOf(address: HostAddress): number | undefined {
    const entry = this.#locks.find(address);
    return entry === undefined ? undefined : entry.address + (address - entry.hostAddress);
  }

  invalidateEntry(address: HostAddress): boolean {
    const entry = this.#locks.remove(address);
    if (entry === undefined) return false;
    if (this.#last?.index === entry.index) this.#last = undefined;
    if (entry.locks === 0) this.#drop(entry, "itself");
    return true;
  }

  invalidate(): void {
    this.#last = undefined;
    this.#dropAll(this.#unlocked(), "all");
  }

  /** Takes away what nobody holds of a stretch that is going. */
  forget(start: number, end: number): void {
    this.#dropAll(
      this.#unlocked().filter((entry) => entry.overlaps(start, end)),
      "itself",
    );
  }

  replace(from: number, to: number, length: number): HostAddress | undefined {
    const old = measure(this.#geometry, from, length);
    const entry = this.#chains.of(old.index).find((one) => one.index === old.index && one.size === old.size);
    if (entry === undefined) return undefined;
    const { index, offset, first } = measure(this.#geometry, to, length);
    const shown = this.#showElse(entry, index);
    this.#chains.remove(entry);
    entry.shows(index, (page) => shown.isValid(page), false);
    this.#chains.add(entry);
    if (this.#last === entry) this.#last = undefined;
    this.#announcer.announce(entry);
    return entry.covers(first, old.count) ? at(entry, offset) : undefined;
  }

  /** The machine goes, and what is mapped with its process: subscribers are told before. */
  retractAll(): void {
    const failures: unknown[] = [];
    for (const entry of this.#byUse) {
      try {
        this.#announcer.end(entry, "itself");
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  info(): CacheInfo {
    const { bucketSize, maxSize } = this.#geometry;
    const entries = [...this.#byUse].map((entry) => ({
      address: entry.address,
      size: entry.size,
      hostAddress: entry.hostAddress,
      locks: entry.locks,
      dma: entry.dmaLocks,
      dummy: entry.isDummy,
      validPages: entry.validPages,
      announced: entry.announcement !== undefined,
    }));
    const buckets = bucketsOf(this.#geometry);
    return { name: this.name, bucketSize, maxSize, buckets, mapped: byteLength(this.#mapped), entries };
  }

  /** One access to the window that was used last. */
  #inLast(address: number): HostAddress | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const offset = address - last.index * this.#geometry.bucketSize;
    if (offset < 0 || offset >= this.#geometry.bucketSize) return undefined;
    return last.covers(Math.floor(offset / XEN_PAGE_SIZE), 1) ? at(last, offset) : undefined;
  }

  #find(index: number, size: number, first: number, count: number): CacheEntry | undefined {
    return this.#chains
      .of(index)
      .find((entry) => entry.index === index && entry.size === size && entry.covers(first, count));
  }

  /** Maps a window and announces it. When either fails there is none. */
  #make(index: number, size: ByteLength, isDummy: boolean): CacheEntry {
    // One that lacks the pages which are wanted now is of no more use.
    const poorer = this.#chains.of(index).filter((one) => one.index === index && one.size === size && one.locks === 0);
    for (const entry of poorer) this.#drop(entry, "itself");
    const victims = poorer.length > 0 ? [] : this.#victims(index, size);
    for (const victim of victims) this.#drop(victim, "itself");
    const mapped = isDummy ? this.#mapper.mapDummy(size) : this.#mapper.map(index, size);
    const entry = new CacheEntry(index, this.#geometry.bucketSize, size, mapped.hostAddress);
    entry.shows(index, (page) => mapped.isValid(page), isDummy);
    try {
      this.#announcer.announce(entry);
    } catch (refusal) {
      this.#mapper.unmap(entry);
      throw refusal;
    }
    this.#mapped += size;
    this.#byUse.add(entry);
    this.#chains.add(entry);
    return entry;
  }

  #victims(index: number, size: number): CacheEntry[] {
    return this.#replacement.victims(this.#chains.of(index), this.#byUse, this.#mapped, size);
  }

  /** It is out of the cache whatever the host says: what cannot be unmapped is the host's until the machine ends. */
  #drop(entry: CacheEntry, because: "all" | "itself"): void {
    this.#chains.remove(entry);
    this.#byUse.delete(entry);
    this.#mapped -= entry.size;
    if (this.#last === entry) this.#last = undefined;
    try {
      this.#announcer.end(entry, because);
    } finally {
      this.#mapper.unmap(entry);
    }
  }

  /** One that the host keeps does not keep the others. */
  #dropAll(entries: readonly CacheEntry[], because: "all" | "itself"): void {
    const failures: unknown[] = [];
    for (const entry of entries) {
      try {
        this.#drop(entry, because);
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #unlocked(): readonly CacheEntry[] {
    return Array.from(this.#byUse).filter(({ locks }) => locks === 0);
  }

  /** Other memory at a window's address. Where the host refuses, it is what it was. */
  #showElse(entry: CacheEntry, index: number): MappedPages {
    this.#announcer.retract(entry);
    try {
      return this.#mapper.map(index, entry.size, entry.hostAddress);
    } catch (refusal) {
      this.#announcer.announce(entry);
      throw refusal;
    }
  }

  #use(entry: CacheEntry): void {
    this.#last = entry;
    this.#byUse.delete(entry);
    this.#byUse.add(entry);
  }
}

function at(entry: CacheEntry, offset: number): HostAddress {
  return (entry.hostAddress + offset) as HostAddress;
}
