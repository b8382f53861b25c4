import type { IrqLine } from "backplane";

const RING = 256;
/** What the device keeps of what happened while nobody reads. */
const LIMIT = 16;

/**
 * Bytes that a keyboard or a mouse has for the controller. Its line says that there are some; when there are none, the
 * last one is read again. Replies to commands go before what happened in the meantime.
 */
export class Ps2Queue {
  readonly #bytes = new Uint8Array(RING);
  readonly #line: IrqLine;
  #first = 0;
  #count = 0;
  /** How many of them are replies, all in front. */
  #replies = 0;

  constructor(line: IrqLine) {
    this.#line = line;
  }

  clear(): void {
    this.#first = 0;
    this.#count = 0;
    this.#replies = 0;
  }

  /** Room for so many bytes of events. */
  hasRoomFor(count: number): boolean {
    return LIMIT - this.#count >= count;
  }

  /** All of them, or none when there is no room. */
  push(...bytes: readonly number[]): void {
    if (!this.hasRoomFor(bytes.length)) return;
    for (const byte of bytes) this.#bytes[(this.#first + this.#count++) % RING] = byte;
    this.#line.set(true);
  }

  /** Instead of replies that nobody has read. */
  reply(...bytes: readonly number[]): void {
    this.dropReplies();
    this.#first = (this.#first + RING - bytes.length) % RING;
    this.#count += bytes.length;
    this.#replies = bytes.length;
    for (const [index, byte] of bytes.entries()) this.#bytes[(this.#first + index) % RING] = byte;
    this.#line.set(true);
  }

  dropReplies(): void {
    this.#first = (this.#first + this.#replies) % RING;
    this.#count -= this.#replies;
    this.#replies = 0;
  }

  read(): number {
    if (this.#count === 0) return this.#bytes[(this.#first + RING - 1) % RING] ?? 0;
    const byte = this.#bytes[this.#first] ?? 0;
    this.#first = (this.#first + 1) % RING;
    this.#count--;
    if (this.#replies > 0) this.#replies--;
    this.#line.set(false);
    if (this.#count > 0) this.#line.set(true);
    return byte;
  }
}
