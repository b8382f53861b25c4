// A hard disk: ATA/ATAPI-6 (T13/1410D) §8.
import { guessGeometry } from "backplane/plugins/block/contract";
import type { AtaHost } from "./contract.ts";
import { ATA_STATUS, Drive, SECTOR, type DriveParts, type Geometry } from "./drive.ts";
import { identifyDisk, MULTIPLE_LIMIT, type DriveIdentity } from "./identify.ts";
import { Smart } from "./smart.ts";

const COMMAND = {
  dataSetManagement: 0x06,
  recalibrate: 0x10,
  read: 0x20,
  readOnce: 0x21,
  readExt: 0x24,
  readDmaExt: 0x25,
  readNativeMaxExt: 0x27,
  readMultipleExt: 0x29,
  write: 0x30,
  writeOnce: 0x31,
  writeExt: 0x34,
  writeDmaExt: 0x35,
  writeMultipleExt: 0x39,
  writeVerify: 0x3c,
  verify: 0x40,
  verifyOnce: 0x41,
  verifyExt: 0x42,
  seek: 0x70,
  diagnose: 0x90,
  specify: 0x91,
  smart: 0xb0,
  readMultiple: 0xc4,
  writeMultiple: 0xc5,
  setMultiple: 0xc6,
  readDma: 0xc8,
  readDmaOnce: 0xc9,
  writeDma: 0xca,
  writeDmaOnce: 0xcb,
  flush: 0xe7,
  flushExt: 0xea,
  identify: 0xec,
  setFeatures: 0xef,
  securityFreeze: 0xf5,
  readNativeMax: 0xf8,
} as const;
type Command = (typeof COMMAND)[keyof typeof COMMAND];
/** Power management (§6.13): the drive always runs. */
const POWER: readonly number[] = [0x94, 0x95, 0x96, 0x97, 0x99, 0xe0, 0xe1, 0xe2, 0xe3, 0xe6];
const CHECK_POWER: readonly number[] = [0x98, 0xe5];
const KNOWN: ReadonlySet<number> = new Set([...Object.values(COMMAND), ...POWER, ...CHECK_POWER]);
const TRIM = 1;
const TRIM_ENTRY = 8;

export interface DiskParts extends DriveParts {
  readonly identity: DriveIdentity;
  readonly physicalExponent: number;
  readonly rotationRate: number;
  readonly trims: boolean;
  /** Where the user said it. */
  readonly geometry: Geometry | undefined;
}

export class Disk extends Drive {
  readonly kind = "disk";
  readonly #parts: DiskParts;
  readonly #smart = new Smart();
  #geometry: Geometry | undefined;
  /** What INITIALIZE DEVICE PARAMETERS has set. */
  #translation: Geometry | undefined;

  constructor(parts: DiskParts) {
    super(parts);
    this.#parts = parts;
    this.#geometry = parts.geometry;
  }

  protected permits(command: number): boolean {
    return KNOWN.has(command);
  }

  protected resetKind(): void {
    this.#translation = undefined;
  }

  protected async run(command: number, host: AtaHost): Promise<void> {
    const { registers } = this;
    if (POWER.includes(command)) return this.finish(host);
    if (CHECK_POWER.includes(command)) {
      registers.count = 0xff;
      return this.finish(host, { seeks: true });
    }
    switch (command as Command) {
      case COMMAND.identify:
        return this.identify(host, await this.#identify());
      case COMMAND.readDma:
      case COMMAND.readDmaOnce:
        return this.#transferDma("read", false, host);
      case COMMAND.readDmaExt:
        return this.#transferDma("read", true, host);
      case COMMAND.writeDma:
      case COMMAND.writeDmaOnce:
        return this.#transferDma("write", false, host);
      case COMMAND.writeDmaExt:
        return this.#transferDma("write", true, host);
      case COMMAND.read:
      case COMMAND.readOnce:
        return this.#readPio(1, false, host);
      case COMMAND.readExt:
        return this.#readPio(1, true, host);
      case COMMAND.readMultiple:
        return this.#readPio(this.multiple, false, host);
      case COMMAND.readMultipleExt:
        return this.#readPio(this.multiple, true, host);
      case COMMAND.write:
      case COMMAND.writeOnce:
      case COMMAND.writeVerify:
        return this.#writePio(1, false, host);
      case COMMAND.writeExt:
        return this.#writePio(1, true, host);
      case COMMAND.writeMultiple:
        return this.#writePio(this.multiple, false, host);
      case COMMAND.writeMultipleExt:
        return this.#writePio(this.multiple, true, host);
      case COMMAND.dataSetManagement:
        return registers.feature === TRIM ? this.#trim(host) : this.abort(host);
      case COMMAND.flush:
      case COMMAND.flushExt:
        return this.flush(host);
      case COMMAND.readNativeMax:
        return this.#nativeMax(false, host);
      case COMMAND.readNativeMaxExt:
        return this.#nativeMax(true, host);
      case COMMAND.verify:
      case COMMAND.verifyOnce:
      case COMMAND.verifyExt:
        registers.begin(command === COMMAND.verifyExt);
        return this.finish(host, { seeks: true });
      case COMMAND.recalibrate:
      case COMMAND.seek:
        return this.finish(host, { seeks: true });
      case COMMAND.securityFreeze:
        registers.count = 0;
        return this.finish(host, { seeks: true });
      case COMMAND.setMultiple:
        return this.#setMultiple(host);
      case COMMAND.specify:
        this.#translation = {
          ...(await this.#physical()),
          heads: (registers.select & 0x0f) + 1,
          sectors: Math.max(registers.count, 1),
        };
        return this.finish(host, { seeks: true });
      case COMMAND.setFeatures:
        return this.setFeatures(host);
      case COMMAND.diagnose:
        return this.diagnose(host);
      case COMMAND.smart:
        return this.#runSmart(host);
    }
  }

  /** Its geometry, as far as it has looked. */
  get geometry(): Geometry {
    return this.#geometry ?? guessGeometry(this.sectors, new Uint8Array(SECTOR));
  }

  /** A drive that was not told its geometry looks at its first sector, once. */
  async #physical(): Promise<Geometry> {
    if (this.#geometry !== undefined) return this.#geometry;
    const first = new Uint8Array(SECTOR);
    if (this.sectors > 0) await this.backend.node?.read(0, [first]);
    this.#geometry = guessGeometry(this.sectors, first);
    return this.#geometry;
  }

  /** Known without waiting where addresses are linear, which is nearly always. */
  #mapping(): Geometry {
    return this.#translation ?? this.#geometry ?? guessGeometry(this.sectors, new Uint8Array(SECTOR));
  }

  async #identify(): Promise<Uint8Array> {
    const physical = await this.#physical();
    const { identity, physicalExponent, rotationRate, trims } = this.#parts;
    return identifyDisk({
      ...identity,
      physicalExponent,
      rotationRate,
      trims,
      geometry: { ...physical, ...this.#translation },
      sectors: this.sectors,
      multiple: this.multiple,
      writeCache: this.backend.writeCache,
      transfer: this.modes,
    });
  }

  async #transferDma(kind: "read" | "write", isLong: boolean, host: AtaHost): Promise<void> {
    const { registers, backend } = this;
    registers.begin(isLong);
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
    const mapping = this.#mapping();
    const { count } = registers;
    const length = count * SECTOR;
    const sector = registers.address(mapping);
    // A table that is too short ends the command as if it had been one of nothing.
    if (host.dmaRoom(length) === length) {
      if (!this.holds(sector, count)) return this.abort(host);
      const data = new Uint8Array(length);
      if (kind === "write") host.dmaOut(data);
      const fault = await this.attempt(kind, () =>
        kind === "read" ? backend.read(sector * SECTOR, [data]) : backend.write(sector * SECTOR, [data]),
      );
      if (fault !== undefined) return this.abort(host);
      if (kind === "read") host.dmaIn(data);
      registers.setAddress(sector + count, mapping);
      registers.count = 0;
    }
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
    host.done();
  }

  async #readPio(perBlock: number, isLong: boolean, host: AtaHost): Promise<void> {
    const { registers, backend } = this;
    if (perBlock === 0) return this.abort(host);
    registers.begin(isLong);
    const mapping = this.#mapping();
    while (registers.count > 0) {
      const count = Math.min(registers.count, perBlock);
      const sector = registers.address(mapping);
      registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.busy;
      if (!this.holds(sector, count)) return this.abort(host);
      const data = new Uint8Array(count * SECTOR);
      const fault = await this.attempt("read", () => backend.read(sector * SECTOR, [data]));
      if (fault !== undefined) return this.abort(host);
      registers.setAddress(sector + count, mapping);
      registers.count -= count;
      registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
      host.pioIn(data);
    }
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
    host.done();
  }

  async #writePio(perBlock: number, isLong: boolean, host: AtaHost): Promise<void> {
    const { registers, backend } = this;
    if (perBlock === 0) return this.abort(host);
    registers.begin(isLong);
    const mapping = this.#mapping();
    while (registers.count > 0) {
      const count = Math.min(registers.count, perBlock);
      const sector = registers.address(mapping);
      const data = new Uint8Array(count * SECTOR);
      registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
      host.pioOut(data);
      registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.busy;
      if (!this.holds(sector, count)) return this.abort(host);
      const fault = await this.attempt("write", () => backend.write(sector * SECTOR, [data]));
      if (fault !== undefined) return this.abort(host);
      registers.setAddress(sector + count, mapping);
      registers.count -= count;
    }
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
    host.done();
  }

  /** DATA SET MANAGEMENT with TRIM: ranges of 48 bits of address and 16 of length (ACS-2 §7.10). */
  async #trim(host: AtaHost): Promise<void> {
    const { registers, backend } = this;
    registers.begin(false);
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete | ATA_STATUS.request;
    const length = registers.count * SECTOR;
    if (host.dmaRoom(length) === length) {
      const data = new Uint8Array(length);
      host.dmaOut(data);
      const view = new DataView(data.buffer);
      for (let at = 0; at < length; at += TRIM_ENTRY) {
        const sector = view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32;
        const count = view.getUint16(at + 6, true);
        if (count === 0) continue;
        if (!this.holds(sector, count)) return this.abort(host);
        const fault = await this.attempt("write", () => backend.discard(sector * SECTOR, count * SECTOR));
        if (fault !== undefined) return this.abort(host);
      }
      registers.count = 0;
    }
    registers.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
    host.done();
  }

  #nativeMax(isLong: boolean, host: AtaHost): void {
    const { registers } = this;
    if (this.sectors === 0) return this.abort(host);
    registers.begin(isLong);
    registers.setAddress(this.sectors - 1, this.#geometry ?? this.#mapping());
    this.finish(host, { seeks: true });
  }

  /** A power of two up to what a block may hold. */
  #setMultiple(host: AtaHost): void {
    const { count } = this.registers;
    const low = count & 0xff;
    if (low !== 0 && (low > MULTIPLE_LIMIT || (count & (count - 1)) !== 0)) return this.abort(host);
    this.multiple = low;
    this.finish(host, { seeks: true });
  }

  #runSmart(host: AtaHost): void {
    const { registers } = this;
    const { feature, sector, cylinderLow, cylinderHigh } = registers;
    const reply = this.#smart.execute(feature, sector, cylinderLow, cylinderHigh);
    if (reply === undefined) return this.abort(host);
    if ("data" in reply && reply.data instanceof Uint8Array) return this.reply(host, reply.data);
    this.finish(host, { seeks: true });
  }
}
