/** Eventfds of a device's vectors: signals add up until the listener runs, in a turn of its own. */
export class Signals {
  readonly #listeners: ((() => void) | undefined)[];
  readonly #pending: boolean[];

  constructor(vectors: number) {
    this.#listeners = Array.from({ length: vectors });
    this.#pending = Array.from({ length: vectors }, () => false);
  }

  get connected(): number {
    return this.#listeners.filter((listener) => listener !== undefined).length;
  }

  set(vector: number, listener: (() => void) | undefined): void {
    this.#listeners[vector] = listener;
  }

  raise(vector: number): void {
    if (this.#listeners[vector] === undefined || this.#pending[vector] === true) return;
    this.#pending[vector] = true;
    setImmediate(() => {
      this.#pending[vector] = false;
      this.#listeners[vector]?.();
    });
  }

  clear(): void {
    this.#listeners.fill(undefined);
  }
}
