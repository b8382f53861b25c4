// First-level (first-stage) paging, the format of the processor's 4-level paging: VT-d specification 4.1 §3.6 and §9.7.
import { IOMMU_READ, IOMMU_READ_WRITE } from "backplane";
import type { IommuConfiguration } from "./configuration.ts";
import { beyond, type GuestTables, pageOf } from "./guest-tables.ts";
import { FAULT, type FaultReason } from "./reasons.ts";
import { entryAt, isLastEntry, isUnreadable, type Leaf } from "./second-level.ts";

const ENTRY = { present: 0x01, writable: 0x02, user: 0x04, accessed: 0x20, dirty: 0x40, page: 0x80 } as const;
const LEVELS = 4;
/** Bits 52 to 63 are ignored. */
const IGNORED_HIGH = 0xfff00000;
/** Bit 12 of a large page chooses a memory type. */
const LARGE_RESERVED = [0, 0, 0x1fe000, 0x3fffe000, ENTRY.page] as const;

export class FirstLevel {
  readonly #tables: GuestTables;
  readonly #usedHigh: number;
  readonly #reservedHigh: number;

  constructor(tables: GuestTables, unit: IommuConfiguration) {
    this.#tables = tables;
    this.#usedHigh = ~beyond(unit.addressWidth);
    this.#reservedHigh = beyond(unit.addressWidth) & ~IGNORED_HIGH;
  }

  /** Marks entries as accessed and pages as dirty on the way (§3.6.2). All requests are a user's (§3.6.1). */
  walk(base: number, address: number, isWrite: boolean, into: Leaf): FaultReason {
    const tables = this.#tables;
    let table = base;
    let isWritable = true;
    for (let level = LEVELS; ; level--) {
      const at = entryAt(table, address, level);
      const isRead = tables.read(at);
      const { low, high } = tables;
      if (!isRead || isUnreadable(low, high)) {
        return level === LEVELS ? FAULT.firstPointerInvalid : FAULT.firstUnreadable;
      }
      if ((low & ENTRY.present) === 0) return FAULT.firstAbsent;
      if ((low & ENTRY.user) === 0) return FAULT.supervisorOnly;
      isWritable &&= (low & ENTRY.writable) !== 0;
      if (isWrite && (low & ENTRY.writable) === 0) return FAULT.firstNoWrite;
      if (this.#isReserved(low, high, level)) return FAULT.firstReserved;
      const isLast = isLastEntry(low, level);
      if (!this.#mark(at, low, isLast && isWrite)) return FAULT.flagsNotWritten;
      table = pageOf(low, (high & this.#usedHigh) >>> 0);
      if (!isLast) continue;
      into.address = table;
      into.level = level;
      into.permission = isWritable ? IOMMU_READ_WRITE : IOMMU_READ;
      return FAULT.none;
    }
  }

  #isReserved(low: number, high: number, level: number): boolean {
    const isLarge = (low & ENTRY.page) !== 0 && level !== 1;
    return (high & this.#reservedHigh) !== 0 || (isLarge && (low & (LARGE_RESERVED[level] ?? 0)) !== 0);
  }

  /** Like the peer, writes nothing where any of the flags is there already. */
  #mark(at: number, low: number, isDirty: boolean): boolean {
    const flags = ENTRY.accessed | (isDirty ? ENTRY.dirty : 0);
    return (low & flags) !== 0 || this.#tables.write(at, (low | flags) >>> 0);
  }
}
