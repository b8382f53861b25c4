import { ByteReader } from "../byte-reader.ts";
import type { MigrationInput } from "../contract.ts";
import type { ByteSource } from "./byte-source.ts";
import { LoadFailure } from "./load-failure.ts";

/** No part of a stream is looked at as a whole that is longer: a device's state, the name of a block. */
const WHOLE_MAX = 16 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);
/** Milliseconds of work before monitors and other machines get their turn. */
const SLICE_MS = 2;

/** What comes from a source, as much of it as is needed: nothing is kept that was read. */
export class StreamInput implements MigrationInput {
  readonly #source: ByteSource;
  #bytes: Buffer = EMPTY;
  #at = 0;
  #ended = false;
  #sliceEnd = performance.now() + SLICE_MS;
  /** Bytes that were taken. */
  #taken = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get offset(): number {
    return this.#taken + this.#at;
  }

  need(count: number): Promise<void> | undefined {
    if (this.#bytes.length - this.#at >= count) return undefined;
    return this.#fill(count);
  }

  /** False when the stream ends before so many bytes. */
  async has(count: number): Promise<boolean> {
    while (this.#bytes.length - this.#at < count) {
      if (!(await this.#more())) return false;
    }
    return true;
  }

  async #fill(count: number): Promise<void> {
    if (!(await this.has(count))) throw LoadFailure.ended();
  }

  /** False at the end, and when more came than may be looked at as a whole. */
  async #more(): Promise<boolean> {
    if (this.#ended || this.#bytes.length - this.#at > WHOLE_MAX) return false;
    // A source that breaks is one that ends too early.
    const chunk = await this.#source.read().catch(() => undefined);
    if (chunk === undefined) {
      this.#ended = true;
      return false;
    }
    const rest = this.#bytes.subarray(this.#at);
    this.#taken += this.#at;
    this.#at = 0;
    this.#bytes =
      rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
    return true;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  u64(): number {
    const at = this.#take(8);
    return this.#bytes.readUInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  text(count: number): string {
    const at = this.#take(count);
    return this.#bytes.toString("latin1", at, at + count);
  }

  fault(text?: string, before?: unknown): Error {
    if (text === undefined) return new LoadFailure([], "EINVAL");
    return before instanceof LoadFailure ? before.within(text) : LoadFailure.of(text);
  }

  pause(): Promise<void> | undefined {
    if (performance.now() < this.#sliceEnd) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#sliceEnd = performance.now() + SLICE_MS;
        resolve();
      });
    });
  }

  /**
   * Has something read that says only by its contents how long it is. It is given what is at hand, and all of it again
   * when more has come; `isShort` says of a failure that more may help.
   */
  async whole<T>(read: (input: ByteReader) => T, isShort: (failure: unknown) => boolean): Promise<T> {
    for (;;) {
      const input = new ByteReader(this.#bytes, this.#at, this.#ended);
      try {
        const result = read(input);
        this.#at = input.offset;
        return result;
      } catch (failure) {
        if (!isShort(failure)) throw failure;
        const before = this.#ended;
        if (!(await this.#more()) && (before || !this.#ended)) throw failure;
      }
    }
  }

  #take(count: number): number {
    const at = this.#at;
    if (this.#bytes.length - at < count) throw LoadFailure.ended();
    this.#at = at + count;
    return at;
  }
}
