import {
  HostCallError,
  type Logger,
  type RAMBlock,
  type RAMBlockNotifier,
  type RamAddress,
  type RunStates,
} from "backplane";
import { XEN_PAGE_SIZE, type XenGuest, type XenHost } from "./contract.ts";
import { xenMapCacheErrors } from "./errors.ts";
import type { MachineMapCache } from "./service.ts";

export interface DomainMemorySurroundings {
  readonly host: XenHost;
  readonly guest: XenGuest | undefined;
  readonly domain: number;
  readonly cache: MachineMapCache;
  readonly runStates: Pick<RunStates, "current">;
  /** Bytes of the machine's own memory, which the toolstack gives the domain. */
  readonly memorySize: number;
  readonly log: Logger;
}

/** Has the domain get pages for every RAM block, and windows on a block go with it. */
export class DomainMemory implements RAMBlockNotifier {
  readonly name = "xen-mapcache";
  readonly #around: DomainMemorySurroundings;

  constructor(around: DomainMemorySurroundings) {
    this.#around = around;
  }

  ramBlockAdded({ offset, maxLength }: RAMBlock): void {
    const { host, guest, domain, runStates, memorySize, log } = this.#around;
    const first = offset / XEN_PAGE_SIZE;
    const count = maxLength / XEN_PAGE_SIZE;
    if (maxLength === memorySize) {
      populated(offset, () => guest?.built(first, count));
      return;
    }
    if (runStates.current === "inmigrate") {
      // The pages come over with the domain, though not where the block is.
      const [bytes, at] = [maxLength.toString(16), offset.toString(16)];
      log.warn(`xen_ram_alloc: do not alloc ${bytes} bytes of ram at ${at} when runstate is INMIGRATE`);
      return;
    }
    populated(offset, () => host.populatePhysmap(domain, first, count));
  }

  /** The pages stay the domain's, as in the peer. */
  ramBlockRemoved({ offset, maxLength }: RAMBlock): void {
    this.#around.cache.forget(offset, maxLength);
  }
}

/** Whoever gives the domain its pages, that it has none is said in one way. */
function populated(offset: RamAddress, populate: () => void): void {
  try {
    populate();
  } catch (failure) {
    throw failure instanceof HostCallError ? xenMapCacheErrors.XEN_POPULATE(offset) : failure;
  }
}
