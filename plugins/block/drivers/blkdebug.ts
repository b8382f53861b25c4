// Passes on, and fails where its rules say so.
import { constants } from "node:os";
import { isPowerOfTwo, type JsonObject, type JsonValue } from "backplane";
import type {
  BlockDriver,
  BlockDriverNode,
  BlockFault,
  BlockNode,
  BlockOperation,
  IoVector,
  ReadOptions,
  WriteOptions,
  ZeroOptions,
} from "../contract.ts";
import { blockErrors } from "../errors.ts";
import { sliceVector, vectorLength } from "../io-vector.ts";
import { parseConfig, readConfig, readConfigNow } from "./blkdebug-config.ts";
import { BlkdebugRules, injectRule, stateRule, type BlkdebugRule } from "./blkdebug-rules.ts";

const LARGEST = 2 ** 31 - 1;
/** What `prepare` has read. */
const CONFIG_TEXT = "x-config-text";

class BlkdebugNode implements BlockDriverNode {
  readonly filename = undefined;
  readonly #image: BlockNode;
  readonly #rules: BlkdebugRules;
  readonly #align: number;
  readonly #largest: number;

  constructor(image: BlockNode, rules: readonly BlkdebugRule[], limits: { align: number; transfer: number }) {
    this.#image = image;
    this.#rules = new BlkdebugRules(rules);
    this.#align = limits.align;
    this.#largest = limits.transfer;
  }

  get length(): number {
    return this.#image.length;
  }

  notice(event: string): void {
    this.#rules.notice(event);
  }

  read(offset: number, into: IoVector, options: ReadOptions): Promise<BlockFault> {
    return this.#inParts("read", offset, vectorLength(into), async (at, length) => {
      const part = sliceVector(into, at - offset, length);
      if (this.#isAligned(at, length)) return this.#image.read(at, part, options);
      const { bytes, start, fault } = await this.#aligned(at, length);
      if (fault !== undefined) return fault;
      let done = at - start;
      for (const piece of part) {
        piece.set(bytes.subarray(done, done + piece.length));
        done += piece.length;
      }
      return undefined;
    });
  }

  write(offset: number, from: IoVector, options: WriteOptions): Promise<BlockFault> {
    this.#rules.notice("pwritev");
    return this.#inParts("write", offset, vectorLength(from), async (at, length) => {
      const part = sliceVector(from, at - offset, length);
      if (this.#isAligned(at, length)) return this.#image.write(at, part, options);
      this.#rules.notice("pwritev_rmw_head");
      const { bytes, start, fault } = await this.#aligned(at, length);
      if (fault !== undefined) return fault;
      let done = at - start;
      for (const piece of part) {
        bytes.set(piece, done);
        done += piece.length;
      }
      return this.#image.write(start, [bytes], options);
    });
  }

  writeZeroes(offset: number, length: number, options: ZeroOptions): Promise<BlockFault> {
    this.#rules.notice("pwritev_zero");
    return this.#checked("write-zeroes", offset, length, () => this.#image.writeZeroes(offset, length, options));
  }

  discard(offset: number, length: number): Promise<BlockFault> {
    return this.#checked("discard", offset, length, () => this.#image.discard(offset, length));
  }

  flush(): Promise<BlockFault> {
    return this.#checked("flush", 0, 0, () => Promise.resolve(undefined));
  }

  #isAligned(offset: number, length: number): boolean {
    return offset % this.#align === 0 && length % this.#align === 0;
  }

  /** The aligned range around a request, with what is in it. */
  async #aligned(offset: number, length: number) {
    const start = offset - (offset % this.#align);
    const end = Math.min(Math.ceil((offset + length) / this.#align) * this.#align, this.length);
    const bytes = new Uint8Array(end - start);
    return { bytes, start, fault: await this.#image.read(start, [bytes]) };
  }

  async #inParts(
    operation: BlockOperation,
    offset: number,
    length: number,
    request: (at: number, length: number) => Promise<BlockFault>,
  ): Promise<BlockFault> {
    for (let at = offset; at < offset + length; at += this.#largest) {
      const part = Math.min(this.#largest, offset + length - at);
      const fault = await this.#checked(operation, at, part, () => request(at, part));
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #checked(
    operation: BlockOperation,
    offset: number,
    length: number,
    request: () => Promise<BlockFault>,
  ): Promise<BlockFault> {
    const number = this.#rules.errnoFor(operation, offset, length);
    return number === undefined ? request() : Promise.resolve(errnoName(number));
  }
}

function errnoName(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? "EIO";
}

/** A power of two up to 2^31, a multiple of the alignment. */
function limit(options: JsonObject, name: string, align: number): number | undefined {
  const value = options[name];
  if (typeof value !== "number" || value === 0) return undefined;
  if (value < 0) throw blockErrors.BLOCK_SIZE_RANGE(String(value), name);
  const fits = name === "align" ? isPowerOfTwo(value) : value % align === 0;
  if (value > LARGEST || !fits) throw blockErrors.BLOCK_CONSTRAINT(name, value);
  return value;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

export const blkdebugDriver: BlockDriver = {
  name: "blkdebug",
  children: ["image"],
  opensChildren: true,
  identifying: ["config", "inject-error", "set-state", "align", "max-transfer"],
  async prepare(options, signal) {
    const { config } = options;
    return typeof config === "string" ? { [CONFIG_TEXT]: await readConfig(config, signal) } : {};
  },
  open({ options, child }) {
    const { config, [CONFIG_TEXT]: prepared } = options;
    const text = typeof prepared === "string" ? prepared : typeof config === "string" ? readConfigNow(config) : "";
    const rules = [
      ...parseConfig(text),
      ...objects(options["inject-error"]).map(injectRule),
      ...objects(options["set-state"]).map(stateRule),
    ];
    const align = limit(options, "align", 1) ?? 1;
    const transfer = limit(options, "max-transfer", align) ?? LARGEST;
    for (const name of ["opt-write-zero", "max-write-zero", "opt-discard", "max-discard"]) {
      if (limit(options, name, align) !== undefined)
        throw blockErrors.BLOCK_OPTION_UNMODELLED(name, JSON.stringify(options[name]));
    }
    for (const name of ["take-child-perms", "unshare-child-perms"]) {
      if (objects(options[name]).length > 0)
        throw blockErrors.BLOCK_OPTION_UNMODELLED(name, JSON.stringify(options[name]));
    }
    return new BlkdebugNode(child("image"), rules, { align, transfer });
  },
};
