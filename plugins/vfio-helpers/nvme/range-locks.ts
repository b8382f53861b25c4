interface Held {
  readonly start: number;
  readonly end: number;
  readonly exclusive: boolean;
  readonly released: Promise<void>;
}

/**
 * Keeps what is read, changed and written back apart from writes to the same blocks. Writes of whole blocks do not wait
 * for each other: what overlaps is the guest's own race.
 */
export class RangeLocks {
  readonly #held = new Set<Held>();

  async during<T>(start: number, end: number, exclusive: boolean, task: () => Promise<T>): Promise<T> {
    for (let other = this.#clash(start, end, exclusive); other !== undefined;) {
      await other.released;
      other = this.#clash(start, end, exclusive);
    }
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const held = { start, end, exclusive, released };
    this.#held.add(held);
    try {
      return await task();
    } finally {
      this.#held.delete(held);
      release();
    }
  }

  #clash(start: number, end: number, exclusive: boolean): Held | undefined {
    for (const other of this.#held) {
      if (other.start < end && start < other.end && (exclusive || other.exclusive)) return other;
    }
    return undefined;
  }
}
