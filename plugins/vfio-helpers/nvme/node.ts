import { disposable, type Disposable, type HostAddress, type JsonObject, type Logger } from "backplane";
import type {
  BlockBuffer,
  BlockDriverNode,
  BlockFault,
  IoVector,
  ReadOptions,
  WriteOptions,
  ZeroOptions,
} from "backplane/plugins/block/contract";
import { vfioErrors } from "../errors.ts";
import { DEALLOCATE, FORCE_UNIT_ACCESS, NVM } from "../nvm-express.ts";
import { BouncePool } from "./bounce-pool.ts";
import type { ControllerLink } from "./controller-link.ts";
import type { DriverMemory } from "./driver-memory.ts";
import { NamespaceCommands } from "./namespace-commands.ts";
import { RangeLocks } from "./range-locks.ts";
import { cut, isPaged, lengthOf, type Part } from "./transfer-parts.ts";

/** Blocks of one Write Zeroes; its field counts from zero. */
const ZEROES_MOST = 0x1_0000;
const DISCARD_MOST = 0xffff_ffff;

type Opcode = typeof NVM.read | typeof NVM.write;

/** A namespace as a node: requests become commands. */
export class NvmeNode implements BlockDriverNode {
  readonly length: number;
  readonly filename: string;
  readonly #link: ControllerLink;
  /** Requests begin and end at multiples of it. */
  readonly #alignment: number;
  readonly #commands: NamespaceCommands;
  readonly #bounce: BouncePool;
  readonly #locks = new RangeLocks();
  readonly #statistics = { aligned: 0, unaligned: 0 };

  constructor(link: ControllerLink, log: Logger) {
    const { facts, device, pageSize } = link;
    this.#link = link;
    this.length = facts.blocks * facts.blockSize;
    this.filename = `nvme://${device.address}/${facts.id}`;
    this.#alignment = this.length % pageSize === 0 ? pageSize : facts.blockSize;
    this.#commands = new NamespaceCommands(link, log);
    this.#bounce = new BouncePool(link, log);
  }

  read(offset: number, into: IoVector, { addresses }: ReadOptions): Promise<BlockFault> {
    return this.#chunks(offset, lengthOf(into), (start, end, from, length) => {
      const parts = cut(into, addresses, from, length);
      if (end - start === length && this.#isDirect(parts)) return this.#transfer(NVM.read, start, parts, 0);
      return this.#bounce.with(async (buffer) => {
        const fault = await this.#transferBuffer(NVM.read, start, end - start, buffer, 0);
        if (fault === undefined) readParts(buffer, offset + from - start, parts);
        return fault;
      });
    });
  }

  write(offset: number, from: IoVector, { addresses, forceUnitAccess }: WriteOptions): Promise<BlockFault> {
    const flags = forceUnitAccess === true ? FORCE_UNIT_ACCESS : 0;
    return this.#chunks(offset, lengthOf(from), (start, end, at, length) => {
      const parts = cut(from, addresses, at, length);
      const isWhole = end - start === length;
      return this.#locks.during(start, end, !isWhole, () =>
        isWhole && this.#isDirect(parts)
          ? this.#transfer(NVM.write, start, parts, flags)
          : this.#writeBounced(start, end, offset + at, parts, flags),
      );
    });
  }

  async writeZeroes(offset: number, length: number, { mayUnmap }: ZeroOptions): Promise<BlockFault> {
    const start = Math.ceil(offset / this.#alignment) * this.#alignment;
    const end = Math.floor((offset + length) / this.#alignment) * this.#alignment;
    if (!this.#link.facts.writeZeroes || start >= end) return this.#writePlainZeroes(offset, length);
    const head = await this.#writePlainZeroes(offset, start - offset);
    if (head !== undefined) return head;
    const { blockSize } = this.#link.facts;
    const flags = mayUnmap === true ? DEALLOCATE : 0;
    for (let at = start; at < end;) {
      const size = Math.min(end - at, ZEROES_MOST * blockSize);
      const fault = await this.#locks.during(at, at + size, false, () => this.#commands.writeZeroes(at, size, flags));
      if (fault !== undefined) return fault;
      at += size;
    }
    return this.#writePlainZeroes(end, offset + length - end);
  }

  /** A hint: what is no whole block at its ends is left. */
  async discard(offset: number, length: number): Promise<BlockFault> {
    const { discard, blockSize } = this.#link.facts;
    const end = Math.floor((offset + length) / this.#alignment) * this.#alignment;
    if (!discard) return "ENOTSUP";
    for (let at = Math.ceil(offset / this.#alignment) * this.#alignment; at < end;) {
      const size = Math.min(end - at, DISCARD_MOST * blockSize);
      const fault = await this.#locks.during(at, at + size, false, () =>
        this.#bounce.with((buffer) => this.#commands.deallocate(at, size, buffer)),
      );
      if (fault !== undefined) return fault;
      at += size;
    }
    return undefined;
  }

  flush(): Promise<BlockFault> {
    return this.#commands.flush();
  }

  truncate(length: number): void {
    if (length !== this.length) throw vfioErrors.NVME_RESIZE();
  }

  registerBuffer({ host, length }: BlockBuffer): Disposable {
    const { dma } = this.#link.device;
    dma.map(host, length, "fixed");
    return disposable(() => dma.unmap(host));
  }

  statistics(): JsonObject {
    const { aligned, unaligned } = this.#statistics;
    return {
      driver: "nvme",
      "completion-errors": this.#commands.errors,
      "aligned-accesses": aligned,
      "unaligned-accesses": unaligned,
    };
  }

  close(): void {
    this.#link.close();
  }

  /** Goes through aligned stretches, none longer than a command can transfer, with what each has of the request. */
  async #chunks(
    offset: number,
    length: number,
    each: (start: number, end: number, from: number, length: number) => Promise<BlockFault>,
  ): Promise<BlockFault> {
    const last = Math.ceil((offset + length) / this.#alignment) * this.#alignment;
    const { maxTransfer } = this.#link.facts;
    for (let start = Math.floor(offset / this.#alignment) * this.#alignment; start < last;) {
      const end = Math.min(start + maxTransfer, last);
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, length);
      const fault = await each(start, end, from, to - from);
      if (fault !== undefined) return fault;
      start = end;
    }
    return undefined;
  }

  #isDirect(parts: readonly Part[]): boolean {
    return isPaged(parts, Math.max(this.#link.pageSize, this.#link.device.dma.pageSize));
  }

  /** Blocks of which only a part is written are read first. */
  async #writeBounced(
    start: number,
    end: number,
    offset: number,
    parts: readonly Part[],
    flags: number,
  ): Promise<BlockFault> {
    return this.#bounce.with(async (buffer) => {
      const length = lengthOf(parts.map(({ view }) => view));
      if (length < end - start) {
        const fault = await this.#transferBuffer(NVM.read, start, end - start, buffer, 0);
        if (fault !== undefined) return fault;
      }
      let at = offset - start;
      for (const { view } of parts) {
        buffer.memory.write(at, view);
        at += view.length;
      }
      return this.#transferBuffer(NVM.write, start, end - start, buffer, flags);
    });
  }

  #transferBuffer(opcode: Opcode, start: number, length: number, { host }: DriverMemory, flags: number) {
    const { pageSize } = this.#link;
    this.#statistics.unaligned++;
    // The last page may be used in part only, when the namespace ends there.
    const stretch = { host, length: Math.ceil(length / pageSize) * pageSize };
    return this.#commands.transfer(opcode, start, length, [stretch], flags);
  }

  #transfer(opcode: Opcode, start: number, parts: readonly Part[], flags: number): Promise<BlockFault> {
    this.#statistics.aligned++;
    const stretches = parts.map(({ view, address }) => ({ host: address ?? (0 as HostAddress), length: view.length }));
    return this.#commands.transfer(opcode, start, lengthOf(parts.map(({ view }) => view)), stretches, flags);
  }

  async #writePlainZeroes(offset: number, length: number): Promise<BlockFault> {
    const { maxTransfer } = this.#link.facts;
    const zeroes = new Uint8Array(Math.min(length, maxTransfer));
    for (let done = 0; done < length; done += zeroes.length) {
      const fault = await this.write(offset + done, [zeroes.subarray(0, length - done)], {});
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

function readParts({ memory }: DriverMemory, offset: number, parts: readonly Part[]): void {
  let at = offset;
  for (const { view } of parts) {
    memory.read(at, view);
    at += view.length;
  }
}
