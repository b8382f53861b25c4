// IOVAs for the memory of requests that are under way.
import { messageOf, type HostAddress, type Logger } from "backplane";
import type { VfioDma } from "../contract.ts";
import { isExhausted } from "../helpers/dma.ts";

export interface MemoryStretch {
  readonly host: HostAddress;
  readonly length: number;
}

/**
 * Temporary mappings pile up until there is no room for another; then all of them go at once, as soon as no request is
 * under way that may use one. Requests that come meanwhile wait, so that this moment comes.
 */
export class TransferMaps {
  readonly #dma: VfioDma;
  readonly #log: Logger;
  #inUse = 0;
  #recycling: Promise<void> | undefined;
  #recycle: (() => void) | undefined;

  constructor(dma: VfioDma, log: Logger) {
    this.#dma = dma;
    this.#log = log;
  }

  /** The IOVAs of the stretches, to be given back by `done`. Throws what the host refuses although nothing is in its way. */
  async map(stretches: readonly MemoryStretch[]): Promise<number[]> {
    for (;;) {
      while (this.#recycling !== undefined) await this.#recycling;
      const iovas = this.#mapNow(stretches);
      if (iovas !== undefined) return iovas;
      // What this request has mapped so far goes as well: it begins anew.
      await this.#whenUnused();
    }
  }

  done(): void {
    this.#inUse--;
    if (this.#inUse === 0) this.#recycle?.();
  }

  /** Undefined: there is no room as long as others are under way. */
  #mapNow(stretches: readonly MemoryStretch[]): number[] | undefined {
    try {
      return this.#mapAll(stretches);
    } catch (failure) {
      if (!isExhausted(failure)) throw failure;
    }
    if (this.#inUse > 0) return undefined;
    try {
      this.#dma.resetTemporary();
      return this.#mapAll(stretches);
    } catch (failure) {
      this.#log.error(`Cannot map buffer for DMA: ${messageOf(failure)}`);
      throw failure;
    }
  }

  #mapAll(stretches: readonly MemoryStretch[]): number[] {
    const iovas = stretches.map(({ host, length }) => this.#dma.map(host, length, "temporary"));
    this.#inUse++;
    return iovas;
  }

  /** Waits until nothing is under way, and ends all temporary mappings then. */
  #whenUnused(): Promise<void> {
    this.#recycling ??= new Promise((resolve, reject) => {
      this.#recycle = () => {
        this.#recycle = undefined;
        this.#recycling = undefined;
        try {
          this.#dma.resetTemporary();
          resolve();
        } catch (failure) {
          reject(failure instanceof Error ? failure : new Error(String(failure)));
        }
      };
    });
    return this.#recycling;
  }
}
