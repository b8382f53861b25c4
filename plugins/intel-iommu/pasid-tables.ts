// From a PASID to how its requests are translated: VT-d specification 4.1 §3.4.3, §9.5 and §9.6.
import type { IommuConfiguration } from "./configuration.ts";
import { type GuestTables, pageOf } from "./guest-tables.ts";
import { FAULT, type FaultReason } from "./reasons.ts";
import type { RootTable } from "./root-context.ts";

const PRESENT = 0x1;
const FAULTS_DISABLED = 0x2;
const DIRECTORY_ENTRY_LENGTH = 8;
const DIRECTORY_MASK = 0x3fff;
const ENTRY_LENGTH = 64;
const ENTRIES = 64;
const TYPE = { first: 1, second: 2, passThrough: 4 } as const;

export class PasidEntry {
  low = 0;
  high = 0;
  domain = 0;
  firstLow = 0;
  firstHigh = 0;
  /** Faults are disabled by the directory, of which the entry then need not be there. */
  directoryDisablesFaults = false;

  get isPresent(): boolean {
    return (this.low & PRESENT) !== 0;
  }

  get faultsDisabled(): boolean {
    return this.directoryDisablesFaults || (this.low & FAULTS_DISABLED) !== 0;
  }

  get type(): number {
    return (this.low >>> 6) & 7;
  }

  get isPassThrough(): boolean {
    return this.isPresent && this.type === TYPE.passThrough;
  }

  get levels(): number {
    return 2 + ((this.low >>> 2) & 7);
  }

  get addressWidth(): number {
    return 30 + ((this.low >>> 2) & 7) * 9;
  }

  get secondTable(): number {
    return pageOf(this.low, this.high);
  }

  get firstTable(): number {
    return pageOf(this.firstLow, this.firstHigh);
  }

  clear(): void {
    this.low = this.high = this.domain = this.firstLow = this.firstHigh = 0;
    this.directoryDisablesFaults = false;
  }
}

export class PasidTables {
  readonly #tables: GuestTables;
  readonly #root: RootTable;
  readonly #unit: IommuConfiguration;

  constructor(tables: GuestTables, root: RootTable, unit: IommuConfiguration) {
    this.#tables = tables;
    this.#root = root;
    this.#unit = unit;
  }

  /** Leaves to the caller whether the entry must be present. */
  find(directory: number, pasid: number, into: PasidEntry): FaultReason {
    const tables = this.#tables;
    into.clear();
    const index = (pasid >>> 6) & DIRECTORY_MASK;
    if (!tables.read(directory + index * DIRECTORY_ENTRY_LENGTH)) return FAULT.directoryUnreadable;
    into.directoryDisablesFaults = (tables.low & FAULTS_DISABLED) !== 0;
    if ((tables.low & PRESENT) === 0) return FAULT.directoryAbsent;
    if (!this.#read(tables.page + (pasid % ENTRIES) * ENTRY_LENGTH, into)) return FAULT.pasidUnreadable;
    return this.#isSupported(into) ? FAULT.none : FAULT.pasidInvalid;
  }

  #read(at: number, into: PasidEntry): boolean {
    const tables = this.#tables;
    if (!tables.read(at)) return false;
    into.low = tables.low;
    into.high = tables.high;
    if (!tables.read(at + 8)) return false;
    into.domain = tables.low & 0xffff;
    if (!tables.read(at + 16)) return false;
    into.firstLow = tables.low;
    into.firstHigh = tables.high;
    return true;
  }

  /** Nested translation and first-level tables of five levels are not offered (§11.4.3). */
  #isSupported(entry: PasidEntry): boolean {
    const { firstLevel, scalable, passThrough } = this.#unit;
    switch (entry.type) {
      case TYPE.first:
        return firstLevel && ((entry.firstLow >>> 2) & 3) === 0;
      case TYPE.second:
        return scalable && !firstLevel && this.#root.hasLevels(entry.levels);
      case TYPE.passThrough:
        return passThrough;
      default:
        return false;
    }
  }
}
