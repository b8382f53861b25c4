import { CharDevice } from "./char-device.ts";
import { chardevErrors } from "./errors.ts";

const DEFAULT_SIZE = 65536;
const SIZE_LIMIT = 2 ** 30;

/** Keeps the newest bytes that were written, until somebody reads them with `ringbuf-read`. */
export class RingBufferDevice extends CharDevice {
  readonly filename = "ringbuf";
  readonly #bytes: Buffer;
  /** Counts of bytes that were ever written and read. */
  #written = 0;
  #taken = 0;

  /** Throws `RINGBUF_SIZE`. */
  constructor(id: string, size = DEFAULT_SIZE) {
    super(id);
    const bytes = size === 0 ? DEFAULT_SIZE : size;
    if (bytes > SIZE_LIMIT || (bytes & (bytes - 1)) !== 0) throw chardevErrors.RINGBUF_SIZE();
    this.#bytes = Buffer.alloc(bytes);
  }

  open(): Promise<void> {
    this.connected({
      write: (data) => this.put(Buffer.from(data)),
      buffered: 0,
      pause: () => undefined,
      resume: () => undefined,
      close: () => undefined,
    });
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  put(data: Uint8Array): void {
    const size = this.#bytes.length;
    // Of more than fits the newest stays.
    const kept = data.subarray(Math.max(0, data.length - size));
    this.#written += data.length - kept.length;
    for (const byte of kept) this.#bytes[this.#written++ % size] = byte;
    this.#taken = Math.max(this.#taken, this.#written - size);
  }

  /** Takes up to so many bytes, oldest first. */
  take(count: number): Buffer {
    const result = Buffer.alloc(Math.min(count, this.#written - this.#taken));
    for (let at = 0; at < result.length; at++) result[at] = this.#bytes[this.#taken++ % this.#bytes.length] ?? 0;
    return result;
  }
}
