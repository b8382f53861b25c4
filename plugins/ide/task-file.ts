// The registers of a drive: ATA/ATAPI-6 (T13/1410D) §7.

export const ATA_STATUS = {
  error: 0x01,
  request: 0x08,
  seekComplete: 0x10,
  fault: 0x20,
  ready: 0x40,
  busy: 0x80,
} as const;
export const ATA_ERROR = { abort: 0x04, mediaChanged: 0x20 } as const;
const SELECT = { alwaysOn: 0xa0, lba: 0x40, head: 0x0f } as const;
const MAXIMUM = { lba28: 256, lba48: 65536 } as const;

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

export class TaskFile {
  status = 0;
  error = 0;
  feature = 0;
  /** 16 bits: with the high order byte. */
  count = 0;
  sector = 0;
  cylinderLow = 0;
  cylinderHigh = 0;
  select: number = SELECT.alwaysOn;
  /** High order bytes of 48-bit addresses. */
  readonly high = { feature: 0, sector: 0, cylinderLow: 0, cylinderHigh: 0 };
  /** The command that is under way has 48-bit addresses. */
  isLong = false;

  get busy(): boolean {
    return (this.status & (ATA_STATUS.busy | ATA_STATUS.request)) !== 0;
  }

  get failed(): boolean {
    return (this.status & ATA_STATUS.error) !== 0;
  }

  /** As it is after a reset, before the signature is put. */
  reset(): void {
    this.status = ATA_STATUS.ready | ATA_STATUS.seekComplete;
    this.error = 0;
    this.feature = 0;
    this.count = 0;
    this.sector = 0;
    this.cylinderLow = 0;
    this.cylinderHigh = 0;
    this.select = SELECT.alwaysOn;
    Object.assign(this.high, { feature: 0, sector: 0, cylinderLow: 0, cylinderHigh: 0 });
    this.isLong = false;
  }

  /** §9.12: by which the host tells disks from packet devices. */
  sign(kind: "disk" | "cdrom"): void {
    this.select &= ~SELECT.head;
    this.count = 1;
    this.sector = 1;
    this.cylinderLow = kind === "cdrom" ? 0x14 : 0;
    this.cylinderHigh = kind === "cdrom" ? 0xeb : 0;
  }

  get signature(): number {
    return ((this.cylinderHigh << 24) | (this.cylinderLow << 16) | (this.sector << 8) | (this.count & 0xff)) >>> 0;
  }

  selectDeviceZero(): void {
    this.select = SELECT.alwaysOn;
  }

  abort(): void {
    this.status = ATA_STATUS.ready | ATA_STATUS.error;
    this.error = ATA_ERROR.abort;
  }

  /** A count of zero is the largest (§6.2). */
  begin(isLong: boolean): void {
    this.isLong = isLong;
    if (this.count === 0) this.count = isLong ? MAXIMUM.lba48 : MAXIMUM.lba28;
  }

  /** The first sector that the registers name, in the mode of the command. */
  address({ heads, sectors }: Geometry): number {
    const low = (this.cylinderHigh << 16) | (this.cylinderLow << 8) | this.sector;
    if ((this.select & SELECT.lba) === 0) {
      const cylinder = (this.cylinderHigh << 8) | this.cylinderLow;
      return (cylinder * heads + (this.select & SELECT.head)) * sectors + this.sector - 1;
    }
    if (!this.isLong) return (this.select & SELECT.head) * 2 ** 24 + low;
    const { sector, cylinderLow, cylinderHigh } = this.high;
    return ((cylinderHigh << 16) | (cylinderLow << 8) | sector) * 2 ** 24 + low;
  }

  setAddress(address: number, { heads, sectors }: Geometry): void {
    if ((this.select & SELECT.lba) === 0) {
      const perCylinder = heads * sectors;
      const cylinder = Math.floor(address / perCylinder);
      const rest = address % perCylinder;
      this.cylinderHigh = (cylinder >> 8) & 0xff;
      this.cylinderLow = cylinder & 0xff;
      this.select = (this.select & ~SELECT.head) | (Math.floor(rest / sectors) & SELECT.head);
      this.sector = ((rest % sectors) + 1) & 0xff;
      return;
    }
    const low = address % 2 ** 24;
    const high = Math.floor(address / 2 ** 24);
    this.sector = low & 0xff;
    this.cylinderLow = (low >> 8) & 0xff;
    this.cylinderHigh = low >> 16;
    if (this.isLong) {
      this.high.sector = high & 0xff;
      this.high.cylinderLow = (high >> 8) & 0xff;
      this.high.cylinderHigh = (high >> 16) & 0xff;
    } else this.select = (this.select & ~SELECT.head) | (high & SELECT.head);
  }
}
