import type { CharFrontend } from "./contract.ts";

/** What one that does not read now may have waiting, so that the keys that choose another are still read. */
const WAITING = 32;

/** One of those who share a device. */
export class Sharer {
  readonly frontend: CharFrontend;
  #isPaused = false;
  #waiting: Uint8Array[] = [];
  #bytes = 0;

  constructor(frontend: CharFrontend) {
    this.frontend = frontend;
  }

  /** Nothing more is to be read for it. */
  get isFull(): boolean {
    return this.#isPaused && this.#bytes >= WAITING;
  }

  take(bytes: Uint8Array): void {
    if (!this.#isPaused) {
      this.frontend.received(bytes);
      return;
    }
    // The chunk belongs to whoever has read it.
    this.#waiting.push(Uint8Array.from(bytes));
    this.#bytes += bytes.length;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) return;
      this.#bytes -= bytes.length;
      this.frontend.received(bytes);
    }
  }
}
