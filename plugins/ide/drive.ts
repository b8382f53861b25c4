// What disks and packet devices share: registers, the way commands begin and end, and what becomes of faults.
import type { Logger } from "backplane";
import type { BlockBackend, BlockFault } from "backplane/plugins/block/contract";
import type { AtaDrive, AtaDriveState, AtaHost, QueuedOutcome } from "./contract.ts";
import { adoptIdentity, DEFAULT_MODES, MULTIPLE_LIMIT, refreshIdentity, type TransferModes } from "./identify.ts";
import { ATA_ERROR, ATA_STATUS, TaskFile, type Geometry } from "./task-file.ts";

export const SECTOR = 512;

/** A command was reset away: whoever did it unwinds without a word. */
export class Dropped extends Error {}

export interface DriveParts {
  readonly backend: BlockBackend;
  readonly log: Logger;
}

export abstract class Drive implements AtaDrive {
  abstract readonly kind: "disk" | "cdrom";
  readonly registers = new TaskFile();
  readonly backend: BlockBackend;
  protected readonly log: Logger;
  protected multiple = MULTIPLE_LIMIT;
  protected readonly modes: TransferModes = { ...DEFAULT_MODES };
  /** What the last IDENTIFY has told. */
  #identity: Uint8Array | undefined;
  /** Grows with each reset. */
  #generation = 0;

  constructor({ backend, log }: DriveParts) {
    this.backend = backend;
    this.log = log;
  }

  execute(command: number, host: AtaHost): void {
    const { registers } = this;
    if (!this.permits(command)) {
      registers.abort();
      host.done();
      return;
    }
    registers.status = ATA_STATUS.ready | ATA_STATUS.busy;
    registers.error = 0;
    this.run(command, host).catch((failure: unknown) => {
      if (!(failure instanceof Dropped)) this.log.error("a drive's command failed", { error: failure });
    });
  }

  async queued(kind: "read" | "write", sector: number, data: Uint8Array): Promise<QueuedOutcome> {
    try {
      const fault = await this.attempt(kind, () =>
        kind === "read" ? this.backend.read(sector * SECTOR, [data]) : this.backend.write(sector * SECTOR, [data]),
      );
      return fault === undefined ? "done" : "failed";
    } catch (failure) {
      if (failure instanceof Dropped) return "dropped";
      throw failure;
    }
  }

  reset(): void {
    this.#generation++;
    this.multiple = MULTIPLE_LIMIT;
    this.registers.reset();
    this.registers.sign(this.kind);
    this.resetKind();
  }

  captureState(): AtaDriveState {
    const identity = this.#identity?.slice();
    if (identity !== undefined) refreshIdentity(identity, this.modes, this.kind === "disk" && this.backend.writeCache);
    return {
      multiple: this.multiple,
      identity,
      sense: 0,
      senseCode: 0,
      mediumChanged: 0,
      trayOpen: false,
      trayLocked: false,
      newMedium: false,
      ejectRequested: false,
    };
  }

  restoreState({ multiple, identity }: AtaDriveState): void {
    this.multiple = Math.min(Math.max(multiple, 0), MULTIPLE_LIMIT);
    this.#identity = identity?.slice();
    if (identity === undefined) return;
    const writeCache = adoptIdentity(identity, this.modes);
    if (this.kind === "disk") this.backend.writeCache = writeCache;
  }

  protected abstract permits(command: number): boolean;
  /** Runs up to the first request of the block layer before it returns. Ends with `host.done()`. */
  protected abstract run(command: number, host: AtaHost): Promise<void>;
  protected abstract resetKind(): void;

  /** Does a request until it succeeds or is to be reported, as the drive's policy says. Throws `Dropped` after a reset. */
  protected async attempt(kind: "read" | "write", request: () => Promise<BlockFault>): Promise<BlockFault> {
    const generation = this.#generation;
    for (;;) {
      const fault = await request();
      this.#checkNotDropped(generation);
      if (fault === undefined) return undefined;
      const what = await this.backend.settle(kind, fault);
      this.#checkNotDropped(generation);
      if (what === "ignore") return undefined;
      if (what === "report") return fault;
    }
  }

  #checkNotDropped(generation: number): void {
    if (generation !== this.#generation) throw new Dropped();
  }

  protected get sectors(): number {
    return Math.floor(this.backend.length / SECTOR);
  }

  protected holds(sector: number, count: number): boolean {
    return sector >= 0 && sector + count <= this.sectors;
  }

  /** The command has ended well. */
  protected finish(host: AtaHost, { seeks = false } = {}): void {
    const { registers } = this;
    registers.status &= ~ATA_STATUS.busy;
    if (seeks && !registers.failed) registers.status |= ATA_STATUS.seekComplete;
    host.done();
  }

  protected abort(host: AtaHost): void {
    this.registers.abort();
    host.done();
  }

  /** IDENTIFY (§8.15) and IDENTIFY PACKET DEVICE (§8.16). */
  protected identify(host: AtaHost, identity: Uint8Array): void {
    this.#identity = identity;
    this.reply(host, identity);
  }

  /** One block of data to the host, and the end. */
  protected reply(host: AtaHost, data: Uint8Array): void {
    const { registers } = this;
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
    host.pioIn(data);
    registers.status &= ~ATA_STATUS.request;
    host.done();
  }

  protected async flush(host: AtaHost): Promise<void> {
    this.registers.status |= ATA_STATUS.busy;
    const fault = await this.attempt("write", () => this.backend.flush());
    if (fault !== undefined) return this.abort(host);
    this.registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
    host.done();
  }

  /** EXECUTE DEVICE DIAGNOSTIC (§8.11): passed, which is told by the error register. */
  protected diagnose(host: AtaHost): void {
    const { registers } = this;
    registers.selectDeviceZero();
    registers.sign(this.kind);
    registers.status = this.kind === "cdrom" ? 0 : ATA_STATUS.ready | ATA_STATUS.seekComplete;
    registers.error = 0x01;
    host.done();
  }

  /** SET FEATURES (§8.46). */
  protected async setFeatures(host: AtaHost): Promise<void> {
    const { registers, backend } = this;
    switch (registers.feature) {
      case 0x02:
        backend.writeCache = true;
        break;
      case 0x82:
        backend.writeCache = false;
        return this.flush(host);
      case 0x03:
        if (!this.#setMode(registers.count)) return this.abort(host);
        break;
      case 0x05:
      case 0x42:
      case 0x55:
      case 0x66:
      case 0x67:
      case 0x69:
      case 0x85:
      case 0x96:
      case 0x9a:
      case 0xaa:
      case 0xc2:
      case 0xcc:
        break;
      default:
        return this.abort(host);
    }
    this.finish(host, { seeks: true });
  }

  #setMode(count: number): boolean {
    const bit = 1 << ((count & 0x07) + 8);
    const family = count >> 3;
    if (family !== 0 && family !== 1 && family !== 2 && family !== 4 && family !== 8) return false;
    this.modes.singleWord = 0x07 | (family === 2 ? bit : 0);
    this.modes.multiWord = 0x07 | (family === 4 ? bit : 0);
    this.modes.ultra = 0x3f | (family === 8 ? bit : 0);
    return true;
  }
}

export { ATA_ERROR, ATA_STATUS, type Geometry };
