import type { CharConnection } from "./contract.ts";

/** A teardown waits for a far end that reads, however slowly; within this time something must have left. */
const FLUSH_PATIENCE_MS = 250;

export interface StreamEvents {
  received(bytes: Uint8Array): void;
  drained(): void;
  /** Comes once. */
  ended(): void;
}

/** A connection over Node's streams; one duplex, or one for each direction. Starts paused. */
export class StreamConnection implements CharConnection {
  readonly #input: NodeJS.ReadableStream;
  readonly #output: NodeJS.WritableStream & { readonly writableLength?: number; readonly writable: boolean };
  readonly #cut: () => void;

  constructor(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, events: StreamEvents, cut: () => void) {
    this.#input = input;
    this.#output = output;
    this.#cut = cut;
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      events.ended();
    };
    input.pause();
    input.on("data", (chunk: Uint8Array | string) =>
      events.received(typeof chunk === "string" ? Buffer.from(chunk) : chunk),
    );
    input.on("end", end);
    input.on("close", end);
    input.on("error", end);
    // A far end that has gone is told through the input; what was written to it is lost, as on any socket.
    output.on("error", () => undefined);
    output.on("drain", () => events.drained());
  }

  write(data: string | Uint8Array): void {
    if (this.#output.writable) this.#output.write(data);
  }

  get buffered(): number {
    return this.#output.writable ? (this.#output.writableLength ?? 0) : 0;
  }

  pause(): void {
    this.#input.pause();
  }

  resume(): void {
    this.#input.resume();
  }

  close(): void {
    this.#cut();
  }

  /** Resolves when what was written has left, or the far end does not take it. */
  flush(): Promise<void> {
    if (this.buffered === 0) return Promise.resolve();
    return new Promise((resolve) => {
      let left = this.buffered;
      const watch = setInterval(() => {
        if (this.buffered === left) done();
        left = this.buffered;
      }, FLUSH_PATIENCE_MS);
      const done = (): void => {
        clearInterval(watch);
        resolve();
      };
      this.#output.once("close", done);
      this.#output.once("error", done);
      this.#output.write("", done);
    });
  }
}
