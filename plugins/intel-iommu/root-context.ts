// From a requester to its context entry: VT-d specification 4.1 §3.4, §9.1 to §9.4.
import type { IommuConfiguration } from "./configuration.ts";
import { beyond, type GuestTables, pageOf } from "./guest-tables.ts";
import { FAULT, type FaultReason } from "./reasons.ts";
import { AT, type RegisterFile } from "./register-file.ts";

const PRESENT = 0x1;
const FAULTS_DISABLED = 0x2;
/** In the root table's register: the mode of the entries (§11.4.6). */
const SCALABLE = 0x400;
const ROOT_LENGTH = 16;
const LEGACY_LENGTH = 16;
const SCALABLE_LENGTH = 32;
/** In scalable mode an upper half of its own holds these functions and up. */
const UPPER_HALF = 0x80;

const TYPE = { untranslated: 0, deviceIotlb: 1, passThrough: 2 } as const;

/** Reserved bits of the halves of a quadword, besides addresses that are too wide. */
const RESERVED = { root: 0xffe, legacy: 0xff0, legacyUpper: 0xff000080, scalable: 0x1e0, scalableUpper: 0xffe00000 };

/** The words of an entry that mean anything; the rest is reserved. */
export class ContextEntry {
  low = 0;
  high = 0;
  upper = 0;

  assign(other: ContextEntry): void {
    this.low = other.low;
    this.high = other.high;
    this.upper = other.upper;
  }

  get faultsDisabled(): boolean {
    return (this.low & FAULTS_DISABLED) !== 0;
  }

  /** The top of the page tables, or the PASID directory. */
  get table(): number {
    return pageOf(this.low, this.high);
  }

  /** Of legacy mode. */
  get isPassThrough(): boolean {
    return ((this.low >>> 2) & 3) === TYPE.passThrough;
  }

  get levels(): number {
    return 2 + (this.upper & 7);
  }

  get addressWidth(): number {
    return 30 + (this.upper & 7) * 9;
  }

  get domain(): number {
    return (this.upper >>> 8) & 0xffff;
  }

  /** Of scalable mode: the PASID of requests that have none. */
  get requesterPasid(): number {
    return this.upper & 0xfffff;
  }
}

/** The root table and the context tables below it. */
export class RootTable {
  /** Set by the guest's command. */
  address = 0;
  isScalable = false;
  readonly #tables: GuestTables;
  readonly #unit: IommuConfiguration;
  readonly #tooWide: number;

  constructor(tables: GuestTables, unit: IommuConfiguration) {
    this.#tables = tables;
    this.#unit = unit;
    this.#tooWide = beyond(unit.addressWidth);
  }

  /** Entries are of the mode that the register says; a unit without scalable mode has the other one only. */
  takeMode(registers: RegisterFile): void {
    this.isScalable = this.#unit.scalable && (registers.get(AT.rootTable) & SCALABLE) !== 0;
  }

  /** The table is where the register says. */
  takeAddress(registers: RegisterFile): void {
    this.address = pageOf(registers.get(AT.rootTable), registers.get(AT.rootTable + 4) & ~this.#tooWide);
    this.takeMode(registers);
  }

  /** The entry as far as it could be read, and what is wrong with it. Does not look at PASIDs. */
  find(bus: number, devfn: number, into: ContextEntry): FaultReason {
    into.low = into.high = into.upper = 0;
    const tables = this.#tables;
    const root = this.address + bus * ROOT_LENGTH;
    if (!tables.read(root)) return FAULT.rootUnreadable;
    const { low, high } = tables;
    if (!tables.read(root + 8)) return FAULT.rootUnreadable;
    const isUpper = this.isScalable && devfn >= UPPER_HALF;
    if (((isUpper ? tables.low : low) & PRESENT) === 0) return FAULT.rootAbsent;
    if (this.#isRootReserved(low, high) || this.#isUpperRootReserved(tables.low, tables.high)) {
      return FAULT.rootReserved;
    }
    const table = isUpper ? tables.page : pageOf(low, high);
    return this.isScalable
      ? this.#scalable(table + (devfn % UPPER_HALF) * SCALABLE_LENGTH, into)
      : this.#legacy(table + devfn * LEGACY_LENGTH, into);
  }

  #isRootReserved(low: number, high: number): boolean {
    return (low & RESERVED.root) !== 0 || (high & this.#tooWide) !== 0;
  }

  #isUpperRootReserved(low: number, high: number): boolean {
    return this.isScalable ? this.#isRootReserved(low, high) : low !== 0 || high !== 0;
  }

  #legacy(at: number, into: ContextEntry): FaultReason {
    if (!this.#read(at, into)) return FAULT.contextUnreadable;
    if ((into.low & PRESENT) === 0) return FAULT.contextAbsent;
    const isReserved =
      (into.low & RESERVED.legacy) !== 0 ||
      (into.high & this.#tooWide) !== 0 ||
      (into.upper & RESERVED.legacyUpper) !== 0 ||
      this.#tables.high !== 0;
    if (isReserved) return FAULT.contextReserved;
    return this.hasLevels(into.levels) && this.#hasType((into.low >>> 2) & 3) ? FAULT.none : FAULT.contextInvalid;
  }

  #scalable(at: number, into: ContextEntry): FaultReason {
    const tables = this.#tables;
    if (!this.#read(at, into)) return FAULT.contextUnreadable;
    let isReserved =
      (into.low & RESERVED.scalable) !== 0 ||
      (into.high & this.#tooWide) !== 0 ||
      (into.upper & RESERVED.scalableUpper) !== 0 ||
      tables.high !== 0;
    for (let rest = 16; rest < SCALABLE_LENGTH; rest += 8) {
      if (!tables.read(at + rest)) return FAULT.contextUnreadable;
      if (tables.low !== 0 || tables.high !== 0) isReserved = true;
    }
    if ((into.low & PRESENT) === 0) return FAULT.contextAbsent;
    return isReserved ? FAULT.contextReserved : FAULT.none;
  }

  #read(at: number, into: ContextEntry): boolean {
    const tables = this.#tables;
    if (!tables.read(at)) return false;
    into.low = tables.low;
    into.high = tables.high;
    if (!tables.read(at + 8)) return false;
    into.upper = tables.low;
    return true;
  }

  /** Whether second-level tables may be that deep: 3 levels are 39 bits, 4 are 48 (§11.4.2, SAGAW). */
  hasLevels(levels: number): boolean {
    const { translation, addressWidth } = this.#unit;
    return translation && ((levels === 3 && addressWidth >= 39) || (levels === 4 && addressWidth >= 48));
  }

  #hasType(type: number): boolean {
    switch (type) {
      case TYPE.untranslated:
        return true;
      case TYPE.deviceIotlb:
        return this.#unit.deviceIotlb;
      case TYPE.passThrough:
        return this.#unit.passThrough;
      default:
        return false;
    }
  }
}
