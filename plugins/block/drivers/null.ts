// Nodes without a medium: reads give nothing or zeroes, writes vanish.
import type { Disposable, JsonObject } from "backplane";
import type {
  BlockBuffer,
  BlockDriver,
  BlockDriverNode,
  BlockFault,
  IoVector,
  RegisteredBuffers,
} from "../contract.ts";
import { blockErrors } from "../errors.ts";
import { registerWithHost } from "../host-buffers.ts";
import { zeroVector } from "../io-vector.ts";

const DEFAULT_LENGTH = 2 ** 30;
const NS_PER_MS = 1_000_000;
/** A node's length is a signed number of bytes, of which the last GiB is not used. */
const LONGEST = 2 ** 63 - 2 ** 30;
/** From here on the 64 bits of a latency stand for a negative number. */
const LATENCY_LIMIT = 2 ** 63;
const IDENTIFYING = ["size", "read-zeroes"];

class NullNode implements BlockDriverNode {
  readonly filename: string | undefined;
  readonly length: number;
  readonly #latency: number;
  readonly #readZeroes: boolean;
  readonly #buffers: RegisteredBuffers | undefined;

  constructor(driver: string, options: JsonObject, buffers: RegisteredBuffers | undefined) {
    this.#buffers = buffers;
    this.filename = IDENTIFYING.every((name) => options[name] === undefined) ? `${driver}://` : undefined;
    this.length = typeof options["size"] === "number" ? options["size"] : DEFAULT_LENGTH;
    this.#latency = typeof options["latency-ns"] === "number" ? options["latency-ns"] : 0;
    this.#readZeroes = options["read-zeroes"] === true;
    if (this.#latency < 0 || this.#latency >= LATENCY_LIMIT) throw blockErrors.BLOCK_NULL_LATENCY();
    if (this.length < 0) throw blockErrors.BLOCK_SIZE_RANGE(String(this.length), "size");
    if (this.length > LONGEST) throw blockErrors.BLOCK_LENGTH("File too large");
  }

  async read(_offset: number, into: IoVector): Promise<BlockFault> {
    await this.#wait();
    if (this.#readZeroes) zeroVector(into);
    return undefined;
  }

  write(): Promise<BlockFault> {
    return this.#wait();
  }

  writeZeroes(): Promise<BlockFault> {
    return this.#wait();
  }

  flush(): Promise<BlockFault> {
    return this.#wait();
  }

  /** There is nothing to transfer. It registers as a file would, so that refusals can be had without one. */
  registerBuffer(buffer: BlockBuffer): Disposable {
    return registerWithHost(this.#buffers, buffer);
  }

  allocated(): number {
    return 0;
  }

  async #wait(): Promise<BlockFault> {
    if (this.#latency > 0) await new Promise((resolve) => setTimeout(resolve, this.#latency / NS_PER_MS));
    return undefined;
  }
}

export const nullDrivers: readonly BlockDriver[] = ["null-co", "null-aio"].map((name) => ({
  name,
  children: [],
  identifying: IDENTIFYING,
  open: ({ options, buffers }) => new NullNode(name, options, buffers),
}));
