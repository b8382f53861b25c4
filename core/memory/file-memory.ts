import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { hostErrorText } from "../errno.ts";
import type { ByteLength } from "./address.ts";
import type { BackingFile } from "./backing-file.ts";
import { CHUNK_SIZE } from "./chunk-table.ts";
import { ChunkedMemory, ZERO_CHUNK } from "./chunked-memory.ts";
import { memoryErrors } from "./errors.ts";
import { posixMemoryIfAvailable } from "./posix-memory.ts";
import { isZero } from "./zero.ts";

/**
 * A private, copy-on-write view of a file: read when first needed, never written back. What the file does not reach is
 * zero; whether a file that is too short is an error is the caller's business (see `openBackingFile`). Writers of the
 * file should stay away meanwhile: as with a private mapping, whether their writes show is not defined.
 */
export class FileMemory extends ChunkedMemory {
  readonly #fd: number;
  readonly #start: number;
  /** Bytes of the memory that the file reaches. */
  readonly #reach: number;
  /** Chunks from `from` to `to` that lie in a hole of the file, as the last search found them. */
  #hole = { from: 0, to: 0 };
  #isOpen = true;

  /** `file` may be open already; it is closed with the memory. */
  constructor(file: BackingFile | { readonly fd: number; readonly offset?: number }, length: ByteLength) {
    super(length);
    this.#start = file.offset ?? 0;
    this.#fd = "fd" in file ? file.fd : openForReading(file.path);
    this.#reach = Math.min(Math.max(fstatSync(this.#fd).size - this.#start, 0), length);
  }

  override dispose(): void {
    super.dispose();
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  protected override fault(index: number): Uint8Array {
    if (index * CHUNK_SIZE >= this.#reach) return ZERO_CHUNK;
    const chunk = new Uint8Array(CHUNK_SIZE);
    this.readAbsent(index * CHUNK_SIZE, chunk);
    const kept = isZero(chunk) ? ZERO_CHUNK : chunk;
    this.chunks.set(index, kept);
    return kept;
  }

  protected override readAbsent(offset: number, into: Uint8Array): void {
    let done = 0;
    const wanted = Math.min(into.length, Math.max(this.#reach - offset, 0));
    while (done < wanted) {
      const read = readSync(this.#fd, into, done, wanted - done, this.#start + offset + done);
      if (read === 0) break;
      done += read;
    }
    into.fill(0, done);
  }

  protected override nextAbsentUnknown(from: number, to: number): number {
    for (let index = from; index < to && index * CHUNK_SIZE < this.#reach; index++) {
      if (this.chunks.get(index) !== undefined) continue;
      if (index >= this.#hole.from && index < this.#hole.to) index = this.#hole.to;
      const data = this.#nextData(index);
      if (data > index) this.#hole = { from: index, to: data };
      index = data;
      if (index < to && this.chunks.get(index) === undefined) return index;
    }
    return to;
  }

  protected override makeZero(index: number): void {
    if (index * CHUNK_SIZE >= this.#reach) this.chunks.delete(index);
    else this.chunks.set(index, ZERO_CHUNK);
  }

  /** The first chunk ≥ `index` of which the file really holds something. Without koffi, holes are not known. */
  #nextData(index: number): number {
    const posix = posixMemoryIfAvailable();
    if (posix === undefined || index * CHUNK_SIZE >= this.#reach) return index;
    const data = posix.nextData(this.#fd, this.#start + index * CHUNK_SIZE);
    return data === undefined ? Infinity : Math.floor((data - this.#start) / CHUNK_SIZE);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (failure) {
    throw memoryErrors.HOST_MEMORY_FILE(path, hostErrorText(failure));
  }
}
