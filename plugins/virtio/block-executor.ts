// Runs the block device's requests (VirtIO 1.2 §5.2.6.2), many at a time.
import type { BlockBackend, BlockFault } from "backplane/plugins/block/contract";
import type { BlockRAMRegistrar } from "backplane/plugins/block-ram-registrar/contract";
import {
  complete,
  OUT,
  readZeroRange,
  REQUEST,
  segmentsLength,
  STATUS,
  writeStatus,
  ZERO_RANGE,
  ZERO_UNMAP,
  type BlockRequest,
  type ZeroRange,
} from "./block-request.ts";
import { SECTORS_LIMIT } from "./block-types.ts";
import { BOUNCE_LENGTH, BouncePool } from "./bounce-pool.ts";
import { GuestBuffer, type GuestBufferServices } from "./guest-buffer.ts";

const SECTOR = 512;
const ID_LENGTH = 20;
const SCSI_ERRORS = 255;
const HEADER = 16;
/** The status, a header of 64 bytes, and one zone (§5.2.6). */
const ZONE_REPORT_LEAST = 1 + 64 + 64;

export interface ExecutorParts {
  readonly backend: BlockBackend;
  readonly registrar: BlockRAMRegistrar;
  readonly memory: GuestBufferServices;
  readonly logicalBlock: number;
  /** Most sectors of one such request. */
  readonly discardSectors: number;
  readonly zeroSectors: number;
  readonly serial: string;
  /** The driver broke a rule. */
  broken(reason: string): void;
}

export class BlockExecutor {
  readonly #parts: ExecutorParts;
  readonly #pool = new BouncePool();
  /** Grows with each reset: what was begun before ends without a word. */
  #generation = 0;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  /** False when the driver broke a rule, and nothing more is to be taken from it. */
  start(request: BlockRequest): boolean {
    switch (request.type & ~OUT) {
      case REQUEST.read:
        this.#transfer(request, (request.type & OUT) === 0 ? "read" : "write");
        return true;
      case REQUEST.flush:
        void this.#perform(request, "write", () => this.#parts.backend.flush());
        return true;
      case REQUEST.id:
        this.#identify(request);
        return true;
      case REQUEST.discard & ~OUT:
      case REQUEST.writeZeroes & ~OUT:
        return this.#zero(request);
      case REQUEST.scsi:
        this.#refuseScsi(request);
        return true;
      case REQUEST.zoneReport:
        if (request.element.writableLength < ZONE_REPORT_LEAST) {
          writeStatus(request, STATUS.invalidZone);
          request.queue.notify();
          return this.#broken("in buffer too small for zone report");
        }
        complete(request, STATUS.unsupported);
        return true;
      default:
        complete(request, STATUS.unsupported);
        return true;
    }
  }

  /** Forgets what is under way; the promise resolves when none of it touches memory any more. */
  reset(): Promise<void> | undefined {
    this.#generation++;
    return this.#running === 0 ? undefined : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Nothing is under way; requests that wait for the machine to go on stay where they are. */
  async settled(): Promise<void> {
    while (this.#running > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
      // What comes of the last one goes to the driver.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #broken(reason: string): false {
    this.#parts.broken(reason);
    return false;
  }

  #transfer(request: BlockRequest, kind: "read" | "write"): void {
    const { backend } = this.#parts;
    const segments = kind === "read" ? request.into : request.out;
    const length = segmentsLength(segments);
    if (!this.#holds(request.sector, length)) {
      backend.statistics[kind].invalid++;
      complete(request, STATUS.failed);
      return;
    }
    void this.#perform(request, kind, () => {
      const buffer = GuestBuffer.map(segments, kind === "read" ? "write" : "read", this.#parts.memory);
      if (buffer === undefined) return undefined;
      return this.#move(kind, request.sector * SECTOR, buffer).finally(() => buffer.unmap());
    });
  }

  /**
   * Does it until it succeeds or is to be reported, as the drive's policy says. An operation that cannot be begun,
   * because the driver named memory that cannot be had, is undefined.
   */
  async #perform(
    request: BlockRequest,
    kind: "read" | "write",
    operation: () => Promise<BlockFault> | undefined,
  ): Promise<void> {
    const generation = this.#generation;
    for (;;) {
      const begun = operation();
      if (begun === undefined) {
        this.#broken("virtio: bogus descriptor or out of resources");
        return;
      }
      const fault = await this.#counted(begun);
      if (generation !== this.#generation) return;
      if (fault === undefined) return complete(request, STATUS.ok);
      const what = await this.#parts.backend.settle(kind, fault);
      if (generation !== this.#generation) return;
      if (what !== "retry") return complete(request, what === "ignore" ? STATUS.ok : STATUS.failed);
    }
  }

  async #counted(operation: Promise<BlockFault>): Promise<BlockFault> {
    this.#running++;
    try {
      return await operation;
    } finally {
      this.#running--;
      if (this.#running === 0) for (const done of this.#idle.splice(0)) done();
    }
  }

  /** Straight into or out of guest memory where the backend knows it; through a copy otherwise. */
  #move(kind: "read" | "write", offset: number, buffer: GuestBuffer): Promise<BlockFault> {
    const { registrar } = this.#parts;
    if (registrar.ok && buffer.lies((block) => registrar.holds(block))) {
      registrar.transfers.direct++;
      return this.#moveDirectly(kind, offset, buffer);
    }
    registrar.transfers.bounced++;
    return this.#moveCopied(kind, offset, buffer);
  }

  async #moveDirectly(kind: "read" | "write", offset: number, buffer: GuestBuffer): Promise<BlockFault> {
    const { backend } = this.#parts;
    const { vector, addresses } = buffer.views();
    if (kind === "write") return backend.write(offset, vector, { addresses });
    const fault = await backend.read(offset, vector, { addresses });
    // One that failed may have come half-way.
    buffer.viewsWritten();
    return fault;
  }

  async #moveCopied(kind: "read" | "write", offset: number, buffer: GuestBuffer): Promise<BlockFault> {
    const { backend } = this.#parts;
    const generation = this.#generation;
    for (let done = 0; ; done += BOUNCE_LENGTH) {
      const copy = await this.#pool.take(Math.min(BOUNCE_LENGTH, buffer.length - done));
      try {
        if (generation !== this.#generation) return undefined;
        if (kind === "write") buffer.copyTo(copy, done);
        const fault = await backend[kind](offset + done, [copy]);
        if (fault !== undefined) return fault;
        if (kind === "read" && generation === this.#generation) buffer.copyFrom(copy, done);
      } finally {
        this.#pool.giveBack(copy);
      }
      if (done + BOUNCE_LENGTH >= buffer.length) return undefined;
    }
  }

  /** DISCARD and WRITE ZEROES. */
  #zero(request: BlockRequest): boolean {
    const isOut = (request.type & OUT) !== 0;
    if (!isOut || request.element.readableLength - HEADER > ZERO_RANGE) {
      complete(request, STATUS.unsupported);
      return true;
    }
    const range = readZeroRange(request);
    if (range === undefined) return this.#broken("virtio-blk discard/write_zeroes header too short");
    const writesZeroes = request.type === REQUEST.writeZeroes;
    const refused = this.#zeroRefusal(range, writesZeroes);
    if (refused !== undefined) {
      if (writesZeroes) this.#parts.backend.statistics.write.invalid++;
      complete(request, refused);
      return true;
    }
    const { backend } = this.#parts;
    const [offset, length] = [range.sector * SECTOR, range.count * SECTOR];
    const mayUnmap = (range.flags & ZERO_UNMAP) !== 0;
    void this.#perform(request, "write", () =>
      writesZeroes
        ? backend.writeZeroes(offset, length, { mayUnmap })
        : // The peer does not count it among the drive's operations.
          (backend.node?.discard(offset, length) ?? Promise.resolve("ENOMEDIUM")),
    );
    return true;
  }

  #zeroRefusal({ sector, count, flags }: ZeroRange, writesZeroes: boolean) {
    const { zeroSectors, discardSectors } = this.#parts;
    if (count > (writesZeroes ? zeroSectors : discardSectors)) return STATUS.failed;
    if (!this.#holds(sector, count * SECTOR)) return STATUS.failed;
    return (flags & ~(writesZeroes ? ZERO_UNMAP : 0)) === 0 ? undefined : STATUS.unsupported;
  }

  /** Whole logical blocks within the medium. */
  #holds(sector: number, length: number): boolean {
    const { backend, logicalBlock } = this.#parts;
    const count = Math.floor(length / SECTOR);
    if (count > SECTORS_LIMIT || (sector * SECTOR) % logicalBlock !== 0 || length % logicalBlock !== 0) return false;
    return sector + count <= Math.floor(backend.length / SECTOR);
  }

  /** The serial, with a zero behind it where there is room. */
  #identify(request: BlockRequest): void {
    const text = new TextEncoder().encode(`${this.#parts.serial}\0`);
    const room = Math.min(ID_LENGTH, segmentsLength(request.into));
    request.queue.write(request.element, text.subarray(0, room));
    complete(request, STATUS.ok);
  }

  /** SCSI commands of legacy drivers: the last but one segment is told that they failed. */
  #refuseScsi(request: BlockRequest): void {
    const { readable, writable, writableLength } = request.element;
    const place = writable.at(-2);
    const last = writable.at(-1);
    if (readable.length < 2 || writable.length < 3 || place === undefined || last === undefined) {
      complete(request, STATUS.failed);
      return;
    }
    const errors = Uint8Array.of(SCSI_ERRORS, 0, 0, 0).subarray(0, place.length);
    request.queue.write(request.element, errors, writableLength - last.length - place.length);
    complete(request, STATUS.unsupported);
  }
}
