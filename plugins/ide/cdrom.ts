// A CD or DVD drive: the PACKET feature set of ATA/ATAPI-6 (T13/1410D) §8.23.
import type { AtaDriveState, AtaHost } from "./contract.ts";
import { ATA_ERROR, ATA_STATUS, Drive, type DriveParts } from "./drive.ts";
import { identifyPacketDevice, type DriveIdentity } from "./identify.ts";
import { PACKET_FLAG, PACKETS, type PacketReply } from "./packets.ts";
import { ASC, SENSE } from "./sense.ts";

const COMMAND = {
  deviceReset: 0x08,
  read: 0x20,
  diagnose: 0x90,
  packet: 0xa0,
  identifyPacket: 0xa1,
  flush: 0xe7,
  identify: 0xec,
  setFeatures: 0xef,
} as const;
type Command = (typeof COMMAND)[keyof typeof COMMAND];
const KNOWN: ReadonlySet<number> = new Set(Object.values(COMMAND));

/** Bits of FEATURES for PACKET. */
const FEATURE = { dma: 0x01, overlapped: 0x02 } as const;
/** Interrupt reason, in the count register. */
const REASON = { command: 0x01, toHost: 0x02, mask: 0x07 } as const;
export const CD_SECTOR = 2048;

/** What the tray and the medium do, which monitors are told of and can ask for. */
export interface TrayState {
  open: boolean;
  locked: boolean;
  /** 0: as it was; 1: to be told as taken out; 2: to be told as changed. */
  changed: 0 | 1 | 2;
  newMedium: boolean;
  ejectRequested: boolean;
}

export interface CdromParts extends DriveParts {
  readonly identity: DriveIdentity;
  /** The drive moves its tray by itself. */
  trayMoved(open: boolean): void;
}

export class Cdrom extends Drive {
  readonly kind = "cdrom";
  readonly tray: TrayState = { open: false, locked: false, changed: 0, newMedium: false, ejectRequested: false };
  readonly identity: DriveIdentity;
  readonly #parts: CdromParts;
  sense: number = SENSE.none;
  additionalSense = 0;

  constructor(parts: CdromParts) {
    super(parts);
    this.#parts = parts;
    this.identity = parts.identity;
  }

  /** In sectors of 2048 bytes; 0 where there is no medium. */
  get length(): number {
    return this.hasMedium ? Math.floor(this.backend.length / CD_SECTOR) : 0;
  }

  get hasMedium(): boolean {
    return !this.tray.open && this.backend.inserted && this.backend.length > 0;
  }

  moveTray(open: boolean): void {
    if (this.tray.open === open) return;
    this.tray.open = open;
    this.#parts.trayMoved(open);
  }

  override captureState(): AtaDriveState {
    const { tray, sense } = this;
    return {
      ...super.captureState(),
      sense,
      senseCode: this.additionalSense,
      mediumChanged: tray.changed,
      trayOpen: tray.open,
      trayLocked: tray.locked,
      newMedium: tray.newMedium,
      ejectRequested: tray.ejectRequested,
    };
  }

  override restoreState(state: AtaDriveState): void {
    super.restoreState(state);
    const { mediumChanged, trayOpen, trayLocked, newMedium, ejectRequested } = state;
    this.sense = state.sense;
    this.additionalSense = state.senseCode;
    Object.assign(this.tray, { open: trayOpen, locked: trayLocked, newMedium, ejectRequested });
    this.tray.changed = mediumChanged === 1 || mediumChanged === 2 ? mediumChanged : 0;
  }

  protected permits(command: number): boolean {
    return KNOWN.has(command);
  }

  protected resetKind(): void {
    this.sense = SENSE.none;
    this.additionalSense = 0;
    Object.assign(this.tray, { open: false, locked: false, changed: 0 });
  }

  protected async run(command: number, host: AtaHost): Promise<void> {
    const { registers } = this;
    switch (command as Command) {
      case COMMAND.packet:
        return this.#packet(host);
      case COMMAND.identifyPacket:
        return this.identify(host, identifyPacketDevice({ ...this.identity, transfer: this.modes }));
      case COMMAND.identify:
      case COMMAND.read:
        // So the host learns that it has a packet device before it (§8.15.5.2).
        registers.sign(this.kind);
        return this.abort(host);
      case COMMAND.deviceReset:
        this.reset();
        registers.status = 0;
        return;
      case COMMAND.flush:
        return this.flush(host);
      case COMMAND.setFeatures:
        return this.setFeatures(host);
      case COMMAND.diagnose:
        return this.diagnose(host);
    }
  }

  async #packet(host: AtaHost): Promise<void> {
    const { registers } = this;
    if ((registers.feature & FEATURE.overlapped) !== 0) return this.abort(host);
    const isDma = (registers.feature & FEATURE.dma) !== 0;
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
    registers.count = 1;
    const packet = host.packet();
    const known = PACKETS[packet[0] ?? 0];
    const flags = known?.flags ?? 0;
    if (this.sense === SENSE.unitAttention && (flags & PACKET_FLAG.duringAttention) === 0) {
      registers.error = ATA_ERROR.mediaChanged | (SENSE.unitAttention << 4);
      registers.status = ATA_STATUS.error;
      registers.count = 0;
      host.done();
      return;
    }
    if ((flags & PACKET_FLAG.duringAttention) === 0 && this.hasMedium && this.tray.changed !== 0) {
      // A new medium is told as an empty tray first, for guests that only look at errors.
      const isFirst = this.tray.changed === 1;
      this.tray.changed = isFirst ? 2 : 0;
      return isFirst
        ? this.#fail(host, SENSE.notReady, ASC.mediumNotPresent)
        : this.#fail(host, SENSE.unitAttention, ASC.mediumChanged);
    }
    if ((flags & PACKET_FLAG.needsMedium) !== 0 && !this.hasMedium)
      return this.#fail(host, SENSE.notReady, ASC.mediumNotPresent);
    if (known === undefined) return this.#fail(host, SENSE.illegalRequest, ASC.illegalCommand);
    const movesData = (flags & (PACKET_FLAG.noData | PACKET_FLAG.mayHaveData)) === 0;
    if (movesData && !isDma && this.#limit === 0) return this.abort(host);
    const reply = known.run(this, packet);
    return this.#answer(reply, isDma, host);
  }

  async #answer(reply: PacketReply, isDma: boolean, host: AtaHost): Promise<void> {
    switch (reply.kind) {
      case "ok":
        return this.#succeed(host);
      case "fail":
        return this.#fail(host, reply.sense, reply.code);
      case "data": {
        const data = reply.data.subarray(0, Math.min(reply.data.length, reply.limit));
        if (isDma) return this.#finishDma(host, data);
        this.#sendBlocks(host, data, data.length);
        return this.#succeed(host);
      }
      case "sectors":
        if (!isDma && this.#limit === 0) return this.abort(host);
        return this.#sendSectors(reply, isDma, host);
    }
  }

  /** Byte count limit (§8.23.4): how much a DRQ block may hold. */
  get #limit(): number {
    const { cylinderLow, cylinderHigh } = this.registers;
    const limit = (cylinderHigh << 8) | cylinderLow;
    return limit === 0xffff ? 0xfffe : limit;
  }

  async #sendSectors(
    { first, count, raw }: Extract<PacketReply, { kind: "sectors" }>,
    isDma: boolean,
    host: AtaHost,
  ): Promise<void> {
    const { registers, backend } = this;
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.busy | (isDma ? ATA_STATUS.request : 0);
    const plain = new Uint8Array(count * CD_SECTOR);
    const fault = await this.attempt("read", () => backend.read(first * CD_SECTOR, [plain]));
    if (fault !== undefined) {
      return fault === "ENOMEDIUM"
        ? this.#fail(host, SENSE.notReady, ASC.mediumNotPresent)
        : this.#fail(host, SENSE.illegalRequest, ASC.outOfRange);
    }
    const data = raw === undefined ? plain : raw(plain, first);
    if (isDma) return this.#finishDma(host, data);
    this.#sendBlocks(host, data, data.length / count);
    return this.#succeed(host);
  }

  /** Blocks of at most the byte count limit; none crosses the end of a sector within the block that the host was told. */
  #sendBlocks(host: AtaHost, data: Uint8Array, sectorLength: number): void {
    const { registers } = this;
    const most = this.#limit;
    for (let at = 0; at < data.length;) {
      const left = data.length - at;
      const told = left > most ? most & ~1 : left;
      registers.count = (registers.count & ~REASON.mask) | REASON.toHost;
      registers.cylinderLow = told & 0xff;
      registers.cylinderHigh = told >> 8;
      for (let sent = 0; sent < told;) {
        const part = Math.min(told - sent, sectorLength - (at % sectorLength));
        registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
        host.pioIn(data.subarray(at, at + part));
        at += part;
        sent += part;
      }
    }
  }

  #finishDma(host: AtaHost, data: Uint8Array): void {
    this.registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
    host.dmaIn(data);
    this.#succeed(host);
  }

  #succeed(host: AtaHost): void {
    const { registers } = this;
    registers.error = 0;
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
    registers.count = (registers.count & ~REASON.mask) | REASON.toHost | REASON.command;
    host.done();
  }

  #fail(host: AtaHost, sense: number, code: number): void {
    const { registers } = this;
    registers.error = sense << 4;
    registers.status = ATA_STATUS.ready | ATA_STATUS.error;
    registers.count = (registers.count & ~REASON.mask) | REASON.toHost | REASON.command;
    this.sense = sense;
    this.additionalSense = code;
    host.done();
  }
}
