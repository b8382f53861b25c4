// The node below, or a part of it, as it is.
import type { JsonObject } from "backplane";
import type {
  BlockDriver,
  BlockDriverNode,
  BlockFault,
  BlockNode,
  IoVector,
  ReadOptions,
  WriteOptions,
  ZeroOptions,
} from "../contract.ts";
import { blockErrors } from "../errors.ts";
import { PROBE_LENGTH, probeFormat } from "../probe.ts";

const SECTOR = 512;

/** Growing and shrinking passes through to the node below. */
export interface Resizeable {
  truncate(length: number): Promise<boolean>;
}

class RawNode implements BlockDriverNode {
  readonly #file: BlockNode;
  readonly #offset: number;
  readonly #size: number | undefined;
  readonly #options: JsonObject;

  constructor(file: BlockNode, options: JsonObject) {
    this.#file = file;
    this.#options = options;
    this.#offset = typeof options["offset"] === "number" ? options["offset"] : 0;
    this.#size = typeof options["size"] === "number" ? options["size"] : undefined;
    for (const name of ["offset", "size"]) {
      const value = options[name];
      if (typeof value === "number" && value < 0) throw blockErrors.BLOCK_SIZE_RANGE(String(value), name);
    }
    if (this.#offset > file.length) throw blockErrors.BLOCK_RAW_OFFSET(this.#offset, file.length);
    if (this.#size === undefined) return;
    if (this.#offset + this.#size > file.length)
      throw blockErrors.BLOCK_RAW_RANGE(this.#offset, this.#size, file.length);
    if (this.#size % SECTOR !== 0) throw blockErrors.BLOCK_RAW_SIZE();
  }

  /** Where the whole is passed on, the name of what is below says it all. */
  get filename(): string | undefined {
    if (this.#options["offset"] !== undefined || this.#options["size"] !== undefined) return undefined;
    const { filename } = this.#file;
    return filename.startsWith("json:") ? undefined : filename;
  }

  get length(): number {
    return this.#size ?? Math.max(0, this.#file.length - this.#offset);
  }

  read(offset: number, into: IoVector, options: ReadOptions): Promise<BlockFault> {
    this.#file.notice("read_aio");
    return this.#file.read(this.#offset + offset, into, options);
  }

  write(offset: number, from: IoVector, options: WriteOptions): Promise<BlockFault> {
    // Whoever guessed the format would guess otherwise after such a write (the guest would choose what the host opens).
    if (offset < PROBE_LENGTH && this.#options["x-probed"] === true && this.#changesFormat(offset, from))
      return Promise.resolve("EPERM");
    this.#file.notice("write_aio");
    return this.#file.write(this.#offset + offset, from, options);
  }

  writeZeroes(offset: number, length: number, options: ZeroOptions): Promise<BlockFault> {
    return this.#file.writeZeroes(this.#offset + offset, length, options);
  }

  discard(offset: number, length: number): Promise<BlockFault> {
    return this.#file.discard(this.#offset + offset, length);
  }

  #changesFormat(offset: number, from: IoVector): boolean {
    const head = new Uint8Array(PROBE_LENGTH);
    let at = offset;
    for (const part of from) {
      if (at >= PROBE_LENGTH) break;
      head.set(part.subarray(0, PROBE_LENGTH - at), at);
      at += part.length;
    }
    return probeFormat(head) !== "raw";
  }

  async truncate(length: number): Promise<void> {
    if (this.#size !== undefined) throw blockErrors.BLOCK_RAW_FIXED();
    const below = this.#file as BlockNode & Partial<Resizeable>;
    const done = await below.truncate?.(this.#offset + length);
    if (done !== true) throw blockErrors.BLOCK_CANNOT_RESIZE();
  }
}

export const rawDriver: BlockDriver = {
  name: "raw",
  children: ["file"],
  identifying: ["offset", "size"],
  open: ({ options, child }) => new RawNode(child("file"), options),
};
