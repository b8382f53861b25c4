import type { Readable } from "node:stream";
import type { ByteSource } from "./byte-source.ts";

/** Reads what a pipe or a socket brings, chunk by chunk. */
export class ReadableSource implements ByteSource {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(stream: Readable) {
    this.#stream = stream;
    // An error reaches whoever reads; without a reader it has no bearing.
    stream.on("error", () => undefined);
    this.#chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#stream.destroyed && this.#stream.readableLength === 0) return undefined;
    const { done, value } = await this.#chunks.next();
    return done === true ? undefined : value;
  }

  dispose(): void | Promise<void> {
    this.#stream.destroy();
  }
}
