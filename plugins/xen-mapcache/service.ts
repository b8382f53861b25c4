import { hex, type HostAddress, type Logger } from "backplane";
import type { WindowCache } from "./cache.ts";
import type { CacheInfo, MapRequest, XenMapCache } from "./contract.ts";
import { xenMapCacheErrors } from "./errors.ts";

/** The cache of the guest's memory and those of its grants, as one. */
export class MachineMapCache implements XenMapCache {
  readonly #foreign: WindowCache;
  readonly #readonlyGrants: WindowCache;
  readonly #writableGrants: WindowCache;
  readonly #log: Logger;

  constructor(foreign: WindowCache, readonlyGrants: WindowCache, writableGrants: WindowCache, log: Logger) {
    this.#log = log;
    this.#foreign = foreign;
    this.#readonlyGrants = readonlyGrants;
    this.#writableGrants = writableGrants;
  }

  get #all(): readonly WindowCache[] {
    return [this.#foreign, this.#readonlyGrants, this.#writableGrants];
  }

  map(request: MapRequest): HostAddress | undefined {
    if (!request.grant) return this.#foreign.map(request);
    if (!request.lock) throw xenMapCacheErrors.XEN_GRANT_UNLOCKED();
    return (request.write ? this.#writableGrants : this.#readonlyGrants).map(request);
  }

  ramAddressOf(address: HostAddress): number | undefined {
    for (const cache of this.#all) {
      const found = cache.addressOf(address);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  invalidateEntry(address: HostAddress): boolean {
    return this.#all.some((cache) => cache.invalidateEntry(address));
  }

  invalidate(): void {
    for (const { dma, address, hostAddress } of this.#foreign.info().entries) {
      if (dma > 0)
        this.#log.debug(`locked by a device while all is invalidated: ${hex(address)} at ${hex(hostAddress)}`);
    }
    this.#foreign.invalidate();
  }

  replace(from: number, to: number, size: number): HostAddress | undefined {
    return this.#foreign.replace(from, to, size);
  }

  caches(): readonly CacheInfo[] {
    return this.#all.map((cache) => cache.info());
  }

  /** Memory of the guest's that is going. */
  forget(start: number, length: number): void {
    this.#foreign.forget(start, start + length);
  }

  retractAll(): void {
    for (const cache of this.#all) cache.retractAll();
  }
}
