import type { IrqLine } from "backplane";

const RING = 256;
/** What the device keeps of what happened while nobody reads. */
const LIMIT = 16;
/** The longest reply. */
const REPLY_LIMIT = 8;

/**
 * Bytes that a keyboard or a mouse has for the controller. Its line says that there are some; when there are none, the
 * last one is read again. Replies to commands go before what happened in the meantime.
 */
export interface Ps2QueueState {
  first: number;
  end: number;
  count: number;
  readonly bytes: Uint8Array;
  /** Where the replies end; -1: there are none. */
  replyEnd: number;
}

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

  captureState(): Ps2QueueState {
    return {
      first: this.#first,
      end: (this.#first + this.#count) % RING,
      count: this.#count,
      bytes: this.#bytes.slice(),
      replyEnd: this.#replies === 0 ? -1 : (this.#first + this.#replies) % RING,
    };
  }

  /** As much as the queue would hold by itself; where it ends follows from where it begins. */
  restoreState({ first, count, bytes, replyEnd }: Ps2QueueState): void {
    this.#bytes.set(bytes);
    this.#first = first & (RING - 1);
    this.#replies = replyEnd === -1 ? 0 : Math.min((replyEnd - this.#first) & (RING - 1), REPLY_LIMIT);
    this.#count = Math.min(Math.max(count, this.#replies), this.#replies + LIMIT);
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
