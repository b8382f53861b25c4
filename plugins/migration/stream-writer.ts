import type { MigrationOutput } from "./contract.ts";
import type { Transport } from "./transport/transport.ts";

/**
 * Where the peer's buffer ends and a write begins: after 32 KiB of what it copies, or 64 fragments (a run of copied bytes,
 * or a page, which it does not copy). It decides how much of a stuck migration counts as transferred.
 */
const COPIED_BYTES = 32 * 1024;
const FRAGMENTS = 64;
const PAGE_ROOM = (FRAGMENTS * 4096) / 2;

/** A buffer that goes to the transport in one write. */
class Batch {
  readonly bytes = Buffer.allocUnsafeSlow(COPIED_BYTES + PAGE_ROOM);
  length = 0;
  copied = 0;
  fragments = 0;
  endsWithPage = true;

  clear(): void {
    this.length = 0;
    this.copied = 0;
    this.fragments = 0;
    this.endsWithPage = true;
  }
}

/** Gathers the stream in batches and hands them to the transport, one after the other. */
export class StreamWriter implements MigrationOutput {
  readonly #transport: Transport;
  readonly #sealed: Batch[] = [];
  readonly #spare: Batch[] = [];
  #batch = new Batch();
  transferred = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get full(): boolean {
    return this.#sealed.length > 0;
  }

  u8(value: number): void {
    const batch = this.#batch;
    if (batch.endsWithPage) this.#beginCopied(batch);
    batch.bytes[batch.length++] = value;
    if (++batch.copied === COPIED_BYTES) this.#seal();
  }

  u16(value: number): void {
    this.u8(value >>> 8);
    this.u8(value);
  }

  u32(value: number): void {
    const batch = this.#batch;
    if (batch.copied + 4 > COPIED_BYTES) {
      this.u16(value >>> 16);
      return this.u16(value);
    }
    if (batch.endsWithPage) this.#beginCopied(batch);
    const { bytes, length } = batch;
    bytes[length] = value >>> 24;
    bytes[length + 1] = value >>> 16;
    bytes[length + 2] = value >>> 8;
    bytes[length + 3] = value;
    batch.length = length + 4;
    batch.copied += 4;
    if (batch.copied === COPIED_BYTES) this.#seal();
    return undefined;
  }

  u64(value: number | bigint): void {
    if (typeof value === "bigint") {
      const unsigned = BigInt.asUintN(64, value);
      this.u32(Number(unsigned >> 32n));
      return this.u32(Number(unsigned & 0xffffffffn));
    }
    this.u32(Math.floor(value / 2 ** 32));
    return this.u32(value % 2 ** 32);
  }

  bytes(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const batch = this.#batch;
      if (batch.endsWithPage) this.#beginCopied(batch);
      const count = Math.min(bytes.length - from, COPIED_BYTES - batch.copied);
      batch.bytes.set(bytes.subarray(from, from + count), batch.length);
      batch.length += count;
      batch.copied += count;
      from += count;
      if (batch.copied === COPIED_BYTES) this.#seal();
    }
  }

  page(bytes: Uint8Array): void {
    if (this.#batch.length + bytes.length > this.#batch.bytes.length) this.#seal();
    const batch = this.#batch;
    batch.bytes.set(bytes, batch.length);
    batch.length += bytes.length;
    batch.endsWithPage = true;
    if (++batch.fragments >= FRAGMENTS) this.#seal();
  }

  async room(): Promise<void> {
    for (let batch = this.#sealed[0]; batch !== undefined; batch = this.#sealed[0]) {
      const written = this.#transport.write(batch.bytes.subarray(0, batch.length));
      if (written !== undefined) await written;
      this.transferred += batch.length;
      this.#sealed.shift();
      batch.clear();
      this.#spare.push(batch);
    }
  }

  flush(): Promise<void> {
    if (this.#batch.length > 0) this.#seal();
    return this.room();
  }

  #beginCopied(batch: Batch): void {
    batch.endsWithPage = false;
    batch.fragments++;
  }

  #seal(): void {
    this.#sealed.push(this.#batch);
    this.#batch = this.#spare.pop() ?? new Batch();
  }
}
