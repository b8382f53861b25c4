// A port: Serial ATA AHCI specification 1.3.1 §3.3 (registers), §5 (command processing), §4.2 (structures in memory).
import type { Logger } from "backplane";
import { ATA_ERROR, ATA_STATUS, type AtaDrive, type AtaHost, type IdeBus } from "backplane/plugins/ide/contract";
import {
  COMMAND,
  FIS,
  FIS_INTERRUPT,
  FIS_LENGTH,
  HEADER,
  NO_DEVICE_TASK_FILE,
  PORT,
  PORT_INTERRUPT,
  PORT_LENGTH,
  QUEUED,
  QUEUED_COMMANDS,
  RECEIVED,
  SATA_CONNECTED,
  SLOT_COUNT,
  SOFT_RESET,
  TABLE,
} from "./ahci-registers.ts";
import { regionsOf, type MemoryPiece } from "./ahci-regions.ts";

const FOUR_GIB = 2 ** 32;
const SECTOR = 512;
const PACKET_LENGTH = 12;
/** PxSCTL.DET: reset while 1. */
const DETECTION = 0xf;

export interface PortServices {
  readonly readMemory: (address: number, into: Uint8Array) => void;
  readonly writeMemory: (address: number, from: Uint8Array) => void;
  interruptChanged(): void;
  readonly log: Logger;
}

/** What a slot's header says. */
interface Header {
  readonly address: number;
  readonly flags: number;
  readonly regions: number;
  readonly table: number;
}

/** What a migration carries of a port. */
export interface AhciPortState {
  readonly drive: DriveState;
  state: number;
  /** Queued commands that are done and not told of. */
  finished: number;
  readonly registers: { [name: string]: number };
  firstBlockDone: boolean;
  /** The slot whose command is under way; -1: none. */
  busySlot: number;
  initialSent: boolean;
  readonly queued: QueuedState[];
}

/** A drive's registers; where there is none, what it would show. */
export interface DriveState {
  blockSectors: number;
  /** Whether the guest has asked what it is, and what it was told. */
  identified: number;
  readonly identity: Uint8Array;
  feature: number;
  error: number;
  count: number;
  sector: number;
  cylinderLow: number;
  cylinderHigh: number;
  highFeature: number;
  highSector: number;
  highCount: number;
  highCylinderLow: number;
  highCylinderHigh: number;
  select: number;
  status: number;
  long: number;
  sense: number;
  senseCode: number;
  mediumChanged: number;
  trayOpen: boolean;
  trayLocked: boolean;
  newMedium: boolean;
  ejectRequested: boolean;
}

export interface QueuedState {
  sectors: number;
  address: bigint;
  tag: number;
  command: number;
  slot: number;
  used: boolean;
  halted: boolean;
}

/** An empty place (ATA8-ACS §9.12): nobody pulls the lines down. */
const NO_DRIVE = {
  error: 0,
  feature: 0,
  count: 1,
  sector: 1,
  cylinderLow: 0xff,
  cylinderHigh: 0xff,
  select: 0xa0,
  isLong: false,
} as const;
const NO_HIGH = { feature: 0, sector: 0, cylinderLow: 0, cylinderHigh: 0 } as const;
const DRIVE_READY = 0x50;
const SECTORS_PER_BLOCK = 16;

export class AhciPort implements AtaHost {
  readonly #registers = new Uint32Array(PORT_LENGTH / 4);
  readonly #services: PortServices;
  /** The bus, where IDE is there at all. */
  bus: IdeBus | undefined;
  #list = 0;
  #fis = 0;
  #initialSent = false;
  #resetting = false;
  #slot: number | undefined;
  #header: Header | undefined;
  #pieces: readonly MemoryPiece[] = [];
  #offset = 0;
  #firstBlockDone = false;
  /** Tags of queued commands that are under way. */
  readonly #queued = new Set<number>();

  constructor(services: PortServices) {
    this.#services = services;
    this.reset();
  }

  get interrupting(): boolean {
    return (this.#get(PORT.interruptStatus) & this.#get(PORT.interruptEnable)) !== 0;
  }

  /** HBA reset. */
  reset(): void {
    this.#registers.fill(0);
    this.#set(PORT.command, COMMAND.spinUp | COMMAND.power);
    this.resetDevice();
  }

  captureState(): AhciPortState {
    const registers = Object.fromEntries(Object.entries(PORT).map(([name, at]) => [name, this.#get(at)]));
    return {
      drive: this.#captureDrive(),
      state: this.#resetting ? 1 : 0,
      finished: 0,
      registers,
      firstBlockDone: this.#firstBlockDone,
      // What is under way is still asked for: it is begun anew elsewhere.
      busySlot: -1,
      initialSent: this.#initialSent,
      queued: Array.from({ length: SLOT_COUNT }, () => ({
        sectors: 0,
        address: 0n,
        tag: 0,
        command: 0,
        slot: 0,
        used: false,
        halted: false,
      })),
    };
  }

  restoreState(state: AhciPortState): void {
    for (const [name, at] of Object.entries(PORT)) this.#set(at, state.registers[name] ?? 0);
    const { drive } = this;
    if (drive !== undefined) {
      const { registers } = drive;
      const { high } = registers;
      registers.feature = state.drive.feature;
      registers.error = state.drive.error;
      registers.count = (state.drive.count & 0xff) | (state.drive.highCount << 8);
      registers.sector = state.drive.sector;
      registers.cylinderLow = state.drive.cylinderLow;
      registers.cylinderHigh = state.drive.cylinderHigh;
      registers.select = state.drive.select;
      registers.status = state.drive.status;
      registers.isLong = state.drive.long !== 0;
      high.feature = state.drive.highFeature;
      high.sector = state.drive.highSector;
      high.cylinderLow = state.drive.highCylinderLow;
      high.cylinderHigh = state.drive.highCylinderHigh;
      const { identified, identity, blockSectors: multiple, ...rest } = state.drive;
      drive.restoreState({ ...rest, multiple, identity: identified === 0 ? undefined : identity });
    }
    this.#resetting = state.state !== 0;
    this.#firstBlockDone = state.firstBlockDone;
    this.#initialSent = state.initialSent;
    this.#slot = undefined;
    this.#queued.clear();
    this.#list = this.#get(PORT.listHigh) * FOUR_GIB + this.#get(PORT.listLow);
    this.#fis = this.#get(PORT.fisHigh) * FOUR_GIB + this.#get(PORT.fisLow);
    this.#processSlots();
  }

  #captureDrive(): DriveState {
    const registers = this.drive?.registers ?? NO_DRIVE;
    const high = this.drive?.registers.high ?? NO_HIGH;
    const own = this.drive?.captureState();
    return {
      blockSectors: own?.multiple ?? SECTORS_PER_BLOCK,
      identified: own?.identity === undefined ? 0 : 1,
      identity: own?.identity ?? new Uint8Array(SECTOR),
      feature: registers.feature,
      error: registers.error,
      count: registers.count & 0xff,
      sector: registers.sector,
      cylinderLow: registers.cylinderLow,
      cylinderHigh: registers.cylinderHigh,
      highFeature: high.feature,
      highSector: high.sector,
      highCount: registers.count >> 8,
      highCylinderLow: high.cylinderLow,
      highCylinderHigh: high.cylinderHigh,
      select: registers.select,
      status: this.drive?.registers.status ?? DRIVE_READY,
      long: Number(registers.isLong),
      sense: own?.sense ?? 0,
      senseCode: own?.senseCode ?? 0,
      mediumChanged: own?.mediumChanged ?? 0,
      trayOpen: own?.trayOpen ?? false,
      trayLocked: own?.trayLocked ?? false,
      newMedium: own?.newMedium ?? false,
      ejectRequested: own?.ejectRequested ?? false,
    };
  }

  /** COMRESET: the device begins anew, and sends its signature as soon as FISes are received. */
  resetDevice(): void {
    const { drive } = this;
    this.#set(PORT.sataError, 0);
    this.#set(PORT.active, 0);
    this.#set(PORT.taskFile, NO_DEVICE_TASK_FILE);
    this.#set(PORT.signature, 0xffffffff);
    this.#set(PORT.issue, 0);
    this.#slot = undefined;
    this.#initialSent = false;
    this.#resetting = false;
    this.#queued.clear();
    if (drive === undefined) return;
    drive.reset();
    drive.registers.status =
      ATA_STATUS.seekComplete | ATA_STATUS.fault | (drive.kind === "cdrom" ? ATA_STATUS.ready : 0);
    drive.registers.error = 0x01;
    this.#sendInitial();
  }

  read(offset: number): number {
    if (offset === PORT.sataStatus) return this.drive === undefined ? 0 : SATA_CONNECTED;
    return this.#get(offset);
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case PORT.listLow:
      case PORT.listHigh:
      case PORT.fisLow:
      case PORT.fisHigh:
        this.#set(offset, value);
        return;
      case PORT.interruptStatus:
        this.#set(offset, this.#get(offset) & ~value);
        this.#services.interruptChanged();
        return;
      case PORT.interruptEnable:
        this.#set(offset, value & PORT_INTERRUPT.writable);
        this.#services.interruptChanged();
        return;
      case PORT.command:
        this.#command(value);
        return;
      case PORT.sataControl:
        if ((this.#get(offset) & DETECTION) === 1 && (value & DETECTION) === 0) this.resetDevice();
        this.#set(offset, value);
        return;
      case PORT.sataError:
        this.#set(offset, this.#get(offset) & ~value);
        return;
      case PORT.active:
        this.#set(offset, this.#get(offset) | value);
        return;
      case PORT.issue:
        this.#set(offset, this.#get(offset) | value);
        this.#processSlots();
        return;
      default:
      // Status registers are read-only.
    }
  }

  packet(): Uint8Array {
    const packet = new Uint8Array(16);
    if (this.#header !== undefined) this.#services.readMemory(this.#header.table + TABLE.packet, packet);
    this.#pioSetup(PACKET_LENGTH, false);
    this.#firstBlockDone = true;
    return packet;
  }

  pioIn(data: Uint8Array): void {
    const interrupts = this.#firstBlockDone || !this.#isAtapi;
    this.#pioSetup(data.length, interrupts);
    this.#transfer(data, "in");
    this.#blockDone(interrupts);
  }

  pioOut(into: Uint8Array): void {
    const interrupts = this.#firstBlockDone;
    this.#pioSetup(into.length, interrupts);
    this.#transfer(into, "out");
    this.#blockDone(interrupts);
  }

  dmaRoom(limit: number): number {
    return Math.min(limit, totalOf(this.#pieces) - this.#offset);
  }

  dmaIn(data: Uint8Array): void {
    this.#transfer(data, "in");
  }

  dmaOut(into: Uint8Array): void {
    this.#transfer(into, "out");
  }

  done(): void {
    const slot = this.#slot;
    this.#slot = undefined;
    if (slot === undefined) return;
    this.#storeTransferred();
    this.#clearIssue(slot);
    this.#sendRegisters(true);
    if (this.drive?.registers.failed === false && this.#get(PORT.issue) !== 0) {
      queueMicrotask(() => this.#processSlots());
    }
  }

  get drive(): AtaDrive | undefined {
    return this.bus?.drive;
  }

  get #isAtapi(): boolean {
    return ((this.#header?.flags ?? 0) & HEADER.atapi) !== 0;
  }

  #command(value: number): void {
    const before = this.#get(PORT.command);
    if ((before & COMMAND.start) !== 0 && (value & COMMAND.start) === 0) {
      this.#set(PORT.active, 0);
      this.#set(PORT.issue, 0);
    }
    // There are no states of the interface to change to, so the change is always done.
    let command = (before & COMMAND.readOnly) | (value & ~(COMMAND.readOnly | COMMAND.interfaceControl));
    if ((command & COMMAND.start) === 0) command &= ~COMMAND.listRunning;
    else if ((command & COMMAND.listRunning) === 0) {
      this.#list = this.#get(PORT.listHigh) * FOUR_GIB + this.#get(PORT.listLow);
      command |= COMMAND.listRunning;
    }
    if ((command & COMMAND.fisReceive) === 0) command &= ~COMMAND.fisRunning;
    else if ((command & COMMAND.fisRunning) === 0) {
      this.#fis = this.#get(PORT.fisHigh) * FOUR_GIB + this.#get(PORT.fisLow);
      command |= COMMAND.fisRunning;
    }
    this.#set(PORT.command, command);
    if ((command & COMMAND.fisRunning) !== 0) this.#sendInitial();
    this.#processSlots();
  }

  /** The first registers that a device sends after a reset bring its signature. */
  #sendInitial(): void {
    const { drive } = this;
    if (this.#initialSent || drive === undefined || !this.#sendRegisters(true)) return;
    this.#initialSent = true;
    this.#set(PORT.signature, drive.registers.signature);
  }

  #processSlots(): void {
    if ((this.#get(PORT.command) & COMMAND.start) === 0) return;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if ((this.#get(PORT.issue) & (1 << slot)) !== 0) this.#begin(slot);
    }
  }

  #begin(slot: number): void {
    const { drive } = this;
    if (drive === undefined || drive.registers.busy || this.#slot !== undefined) return;
    if ((this.#get(PORT.command) & COMMAND.listRunning) === 0) return;
    const header = this.#readHeader(slot);
    if (!Number.isSafeInteger(header.table + TABLE.length)) return;
    const fis = new Uint8Array(TABLE.length);
    this.#services.readMemory(header.table, fis);
    const [type = 0, flags = 0, command = 0] = fis;
    if (type !== FIS.toDevice || (flags & 0x7f) !== 0) {
      this.#services.log.warn("a command of an unknown kind", { type, flags });
      return;
    }
    if ((flags & 0x80) === 0) this.#control(slot, header, fis);
    else if (QUEUED_COMMANDS.includes(command)) this.#queue(slot, header, fis, drive);
    else this.#execute(slot, header, fis, drive);
  }

  /** Software reset (§10.4.1): set, then cleared, by two commands that only write the device control register. */
  #control(slot: number, header: Header, fis: Uint8Array): void {
    const isReset = ((fis[15] ?? 0) & SOFT_RESET) !== 0;
    if (isReset && !this.#resetting) {
      this.#resetting = true;
      if ((header.flags & HEADER.clearBusy) !== 0) this.#clearIssue(slot);
    } else if (!isReset && this.#resetting) this.resetDevice();
  }

  #execute(slot: number, header: Header, fis: Uint8Array, drive: AtaDrive): void {
    const { registers } = drive;
    registers.feature = fis[3] ?? 0;
    registers.sector = fis[4] ?? 0;
    registers.cylinderLow = fis[5] ?? 0;
    registers.cylinderHigh = fis[6] ?? 0;
    registers.select = fis[7] ?? 0;
    registers.high.sector = fis[8] ?? 0;
    registers.high.cylinderLow = fis[9] ?? 0;
    registers.high.cylinderHigh = fis[10] ?? 0;
    registers.high.feature = fis[11] ?? 0;
    registers.count = ((fis[13] ?? 0) << 8) | (fis[12] ?? 0);
    registers.error = 0;
    this.#slot = slot;
    this.#header = header;
    this.#pieces = this.#readRegions(header);
    this.#offset = 0;
    this.#firstBlockDone = false;
    this.#storeTransferred();
    drive.execute(fis[2] ?? 0, this);
  }

  /** READ and WRITE FPDMA QUEUED: the slot is free at once, the tag when the data has moved. */
  #queue(slot: number, header: Header, fis: Uint8Array, drive: AtaDrive): void {
    const tag = (fis[12] ?? 0) >> 3;
    const command = fis[2] ?? 0;
    if (this.#queued.has(tag)) {
      this.#services.log.warn("a tag is used twice", { tag });
      return;
    }
    this.#clearIssue(slot);
    this.#sendRegisters(false);
    const view = new DataView(fis.buffer);
    const sector =
      (fis[4] ?? 0) +
      ((fis[5] ?? 0) << 8) +
      ((fis[6] ?? 0) << 16) +
      view.getUint16(8, true) * 2 ** 24 +
      (fis[10] ?? 0) * 2 ** 40;
    const count = ((fis[11] ?? 0) << 8) | (fis[3] ?? 0) || 65536;
    const pieces = this.#readRegions(header);
    if (command !== QUEUED.read && command !== QUEUED.write) {
      this.#failQueued(drive);
      return;
    }
    if (totalOf(pieces) < count * SECTOR) {
      this.#services.log.warn("the guest's memory is smaller than its request", { tag });
      this.#failQueued(drive);
      this.#raise(PORT_INTERRUPT.overflow);
      return;
    }
    this.#queued.add(tag);
    void this.#runQueued(tag, command === QUEUED.read, sector, count * SECTOR, pieces, drive);
  }

  async #runQueued(
    tag: number,
    isRead: boolean,
    sector: number,
    length: number,
    pieces: readonly MemoryPiece[],
    drive: AtaDrive,
  ): Promise<void> {
    const data = new Uint8Array(length);
    if (!isRead) this.#move(pieces, 0, data, "out");
    const outcome = await drive.queued(isRead ? "read" : "write", sector, data);
    if (outcome === "dropped") return;
    this.#queued.delete(tag);
    if (outcome === "done") {
      if (isRead) this.#move(pieces, 0, data, "in");
      drive.registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
      this.#sendDeviceBits(2 ** tag, drive);
    } else {
      this.#failQueued(drive);
      this.#sendDeviceBits(0, drive);
    }
  }

  #failQueued({ registers }: AtaDrive): void {
    registers.error = ATA_ERROR.abort;
    registers.status = ATA_STATUS.ready | ATA_STATUS.error;
  }

  #readHeader(slot: number): Header {
    const address = this.#list + slot * HEADER.length;
    const bytes = new Uint8Array(HEADER.length);
    this.#services.readMemory(address, bytes);
    const view = new DataView(bytes.buffer);
    return {
      address,
      flags: view.getUint16(0, true),
      regions: view.getUint16(2, true),
      table: view.getUint32(HEADER.table + 4, true) * FOUR_GIB + view.getUint32(HEADER.table, true),
    };
  }

  #readRegions({ table, regions }: Header): readonly MemoryPiece[] {
    const bytes = new Uint8Array(regions * TABLE.region);
    this.#services.readMemory(table + TABLE.regions, bytes);
    return regionsOf(bytes);
  }

  /** Moves a block from where the last one ended. What has no room is lost, and counted all the same. */
  #transfer(data: Uint8Array, direction: "in" | "out"): void {
    this.#move(this.#pieces, this.#offset, data, direction);
    this.#offset += data.length;
    this.#storeTransferred();
  }

  #move(pieces: readonly MemoryPiece[], offset: number, data: Uint8Array, direction: "in" | "out"): void {
    const { readMemory, writeMemory } = this.#services;
    let skip = offset;
    let done = 0;
    for (const { address, length } of pieces) {
      if (done === data.length) return;
      const part = Math.min(length - skip, data.length - done);
      if (part > 0) {
        const bytes = data.subarray(done, done + part);
        if (direction === "in") writeMemory(address + skip, bytes);
        else readMemory(address + skip, bytes);
        done += part;
      }
      skip = Math.max(0, skip - length);
    }
  }

  #storeTransferred(): void {
    if (this.#header === undefined) return;
    const count = new Uint8Array(4);
    new DataView(count.buffer).setUint32(0, this.#offset, true);
    this.#services.writeMemory(this.#header.address + HEADER.transferred, count);
  }

  #clearIssue(slot: number): void {
    const { drive } = this;
    if (drive === undefined || drive.registers.failed || drive.registers.busy) return;
    this.#set(PORT.issue, this.#get(PORT.issue) & ~(1 << slot));
  }

  get #receives(): boolean {
    const command = this.#get(PORT.command);
    return (command & COMMAND.fisRunning) !== 0 && (command & COMMAND.fisReceive) !== 0;
  }

  /** The registers as a FIS to the host. False where FISes are not received. */
  #sendRegisters(interrupts: boolean): boolean {
    const { drive } = this;
    if (drive === undefined || !this.#receives) return false;
    const fis = this.#registersFis(FIS.toHost, interrupts, drive);
    this.#services.writeMemory(this.#fis + RECEIVED.registers, fis);
    this.#shadow(drive);
    if (drive.registers.failed) this.#raise(PORT_INTERRUPT.taskFileError);
    else if (interrupts) this.#raise(PORT_INTERRUPT.registers);
    return true;
  }

  #pioSetup(length: number, interrupts: boolean): void {
    const { drive } = this;
    if (drive === undefined || !this.#receives) return;
    const fis = this.#registersFis(FIS.pioSetup, interrupts, drive);
    fis[15] = drive.registers.status;
    fis[16] = length & 0xff;
    fis[17] = length >> 8;
    this.#services.writeMemory(this.#fis + RECEIVED.pioSetup, fis);
    this.#shadow(drive);
    if (drive.registers.failed) this.#raise(PORT_INTERRUPT.taskFileError);
  }

  #blockDone(interrupts: boolean): void {
    this.#firstBlockDone = true;
    if (interrupts) this.#raise(PORT_INTERRUPT.pioSetup);
  }

  #registersFis(type: number, interrupts: boolean, { registers }: AtaDrive): Uint8Array {
    const fis = new Uint8Array(FIS_LENGTH);
    const { high } = registers;
    fis.set([
      type,
      interrupts ? FIS_INTERRUPT : 0,
      registers.status,
      registers.error,
      registers.sector,
      registers.cylinderLow,
      registers.cylinderHigh,
      registers.select,
      high.sector,
      high.cylinderLow,
      high.cylinderHigh,
      0,
      registers.count & 0xff,
      (registers.count >> 8) & 0xff,
    ]);
    return fis;
  }

  #sendDeviceBits(finished: number, drive: AtaDrive): void {
    if (!this.#receives) return;
    const { registers } = drive;
    const fis = new Uint8Array(8);
    // Neither busy nor data request are in it: those belong to the other commands.
    fis.set([FIS.setDeviceBits, FIS_INTERRUPT, registers.status & 0x77, registers.error]);
    new DataView(fis.buffer).setUint32(4, finished, true);
    this.#services.writeMemory(this.#fis + RECEIVED.setDeviceBits, fis);
    const kept = this.#get(PORT.taskFile) & (ATA_STATUS.busy | ATA_STATUS.request);
    this.#set(PORT.taskFile, (registers.error << 8) | (registers.status & 0x77) | kept);
    this.#set(PORT.active, this.#get(PORT.active) & ~finished);
    this.#raise(registers.failed ? PORT_INTERRUPT.taskFileError : PORT_INTERRUPT.setDeviceBits);
  }

  #shadow({ registers }: AtaDrive): void {
    this.#set(PORT.taskFile, (registers.error << 8) | registers.status);
  }

  #raise(cause: number): void {
    this.#set(PORT.interruptStatus, this.#get(PORT.interruptStatus) | cause);
    this.#services.interruptChanged();
  }

  #get(offset: number): number {
    return this.#registers[offset >> 2] ?? 0;
  }

  #set(offset: number, value: number): void {
    this.#registers[offset >> 2] = value >>> 0;
  }
}

function totalOf(pieces: readonly MemoryPiece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
