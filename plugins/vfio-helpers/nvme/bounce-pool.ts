import { messageOf, type Logger } from "backplane";
import type { ControllerLink } from "./controller-link.ts";
import type { DriverMemory } from "./driver-memory.ts";

const MOST = 16;

/**
 * Memory through which requests go whose own the controller cannot be given. A buffer is mapped once, when it is made;
 * where the host refuses that, each transfer maps it for itself.
 */
export class BouncePool {
  readonly #link: ControllerLink;
  readonly #log: Logger;
  readonly #free: DriverMemory[] = [];
  readonly #waiting: ((buffer: DriverMemory) => void)[] = [];
  #made = 0;

  constructor(link: ControllerLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  async with<T>(task: (buffer: DriverMemory) => Promise<T>): Promise<T> {
    const buffer = await this.#take();
    try {
      return await task(buffer);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(buffer);
      else next(buffer);
    }
  }

  #take(): Promise<DriverMemory> {
    const buffer = this.#free.pop() ?? (this.#made < MOST ? this.#make() : undefined);
    return buffer === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(buffer);
  }

  #make(): DriverMemory {
    this.#made++;
    const { facts, pageSize, device } = this.#link;
    const buffer = this.#link.allocate(Math.max(facts.maxTransfer, pageSize));
    try {
      device.dma.map(buffer.host, buffer.length, "fixed");
    } catch (failure) {
      this.#log.warn(`bounce buffer: ${messageOf(failure)}`);
    }
    return buffer;
  }
}
