import { HostCallError, type HostAddress, type Logger } from "backplane";
import { XEN_PAGE_SIZE, type XenHost } from "./contract.ts";
import type { CacheEntry } from "./entry.ts";
import { xenMapCacheErrors } from "./errors.ts";

/** What was mapped: where, and which of its pages are there. */
export interface MappedPages {
  readonly hostAddress: HostAddress;
  isValid(page: number): boolean;
}

/** How a cache's windows are made. What the host refuses leaves as `XEN_HOST_CALL`, after `failed` has heard of it. */
export interface Mapper {
  /** `at`: in the place of a window of that size. */
  map(index: number, size: number, at?: HostAddress): MappedPages;
  mapDummy(size: number, at?: HostAddress): MappedPages;
  unmap(entry: CacheEntry): void;
}

const ALL = (): boolean => true;

export class HostMapper implements Mapper {
  readonly #host: XenHost;
  readonly #domain: number;
  readonly #bucketSize: number;
  /** Undefined for foreign memory. */
  readonly #grants: { readonly writable: boolean } | undefined;
  readonly #log: Logger;
  readonly #failed: () => void;

  constructor(
    host: XenHost,
    domain: number,
    bucketSize: number,
    grants: { readonly writable: boolean } | undefined,
    log: Logger,
    failed: () => void,
  ) {
    this.#host = host;
    this.#domain = domain;
    this.#bucketSize = bucketSize;
    this.#grants = grants;
    this.#log = log;
    this.#failed = failed;
  }

  map(index: number, size: number, at?: HostAddress): MappedPages {
    const first = (index * this.#bucketSize) / XEN_PAGE_SIZE;
    const numbers = Array.from({ length: size / XEN_PAGE_SIZE }, (_, page) => first + page);
    const grants = this.#grants;
    if (grants !== undefined) {
      const hostAddress = this.#ask("xengnttab_map_domain_grant_refs", () =>
        this.#host.grantMap(this.#domain, numbers, grants.writable),
      );
      return { hostAddress, isValid: ALL };
    }
    const { address, errors } = this.#ask("xenforeignmemory_map2", () =>
      this.#host.foreignMap(this.#domain, numbers, at),
    );
    return { hostAddress: address, isValid: (page) => errors[page] === undefined };
  }

  mapDummy(size: number, at?: HostAddress): MappedPages {
    const hostAddress = this.#ask("mmap", () => this.#host.anonymousMap(size / XEN_PAGE_SIZE, at));
    return { hostAddress, isValid: ALL };
  }

  unmap({ hostAddress, pages }: CacheEntry): void {
    this.#ask("unmap fails", () => {
      if (this.#grants === undefined) this.#host.foreignUnmap(hostAddress, pages);
      else this.#host.grantUnmap(hostAddress, pages);
    });
  }

  /** The peer prints what `perror` would, and ends. */
  #ask<T>(call: string, ask: () => T): T {
    try {
      return ask();
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      const error = xenMapCacheErrors.XEN_HOST_CALL(call, failure.text);
      this.#log.error(error.message);
      this.#failed();
      throw error;
    }
  }
}
