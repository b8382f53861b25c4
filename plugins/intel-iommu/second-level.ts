// Second-level (second-stage) paging: VT-d specification 4.1 §3.7 and §9.8.
import type { IommuPermission } from "backplane";
import type { IommuConfiguration } from "./configuration.ts";
import { beyond, type GuestTables, pageOf } from "./guest-tables.ts";
import { FAULT, type FaultReason } from "./reasons.ts";

/** Where a walk ended. */
export interface Leaf {
  /** The page frame; in its level's alignment unless bits in between are set that the level ignores. */
  address: number;
  level: number;
  permission: IommuPermission;
}

/** What a table at a level covers with one entry: 4 KiB, 2 MiB, 1 GiB, 512 GiB. */
const PAGES = [0, 2 ** 12, 2 ** 21, 2 ** 30, 2 ** 39] as const;
const ENTRIES = 512;
const ENTRY_LENGTH = 8;
const IS_PAGE = 0x80;
const READ_WRITE = 0x3;
/** Bits 52 to 61 and 63 are software's. */
const IGNORED_HIGH = 0xbff00000;
const SNOOP = 0x800;
/** Bit 62 in the upper half: transient mapping, of specifications before 3.2. */
const TRANSIENT = 0x40000000;

export const pageSize = (level: number): number => PAGES[level] ?? PAGES[4];

export function indexOf(address: number, level: number): number {
  return Math.floor(address / pageSize(level)) & (ENTRIES - 1);
}

export const entryAt = (table: number, address: number, level: number): number =>
  table + indexOf(address, level) * ENTRY_LENGTH;

export const isLastEntry = (low: number, level: number): boolean => level === 1 || (low & IS_PAGE) !== 0;

/** All ones, as what cannot be read. */
export const isUnreadable = (low: number, high: number): boolean => low === 0xffffffff && high === 0xffffffff;

export class SecondLevel {
  readonly #tables: GuestTables;
  readonly #usedHigh: number;
  /** Reserved bits by level: of entries that name a table or a 4 KiB page, and of those that name a large page. */
  readonly #low: readonly number[];
  readonly #largeLow: readonly number[];
  readonly #high: number;
  readonly #pageHigh: number;

  constructor(tables: GuestTables, unit: IommuConfiguration) {
    this.#tables = tables;
    const snoop = unit.scalable || unit.snoopControl ? 0 : SNOOP;
    this.#usedHigh = ~beyond(unit.addressWidth);
    this.#low = [0, snoop, SNOOP, SNOOP, SNOOP | IS_PAGE];
    this.#largeLow = [0, 0, 0x1ff000 | snoop, 0x3ffff000 | snoop, SNOOP | IS_PAGE];
    this.#high = beyond(unit.addressWidth) & ~IGNORED_HIGH;
    this.#pageHigh = this.#high & ~(unit.deviceIotlb && unit.staleTransient ? TRANSIENT : 0);
  }

  /** Whether bits are set that must not be. */
  isReserved(low: number, high: number, level: number): boolean {
    const isLarge = (level === 2 || level === 3) && (low & IS_PAGE) !== 0;
    const reservedLow = (isLarge ? this.#largeLow : this.#low)[level] ?? 0;
    const reservedHigh = isLarge || level === 1 ? this.#pageHigh : this.#high;
    return (low & reservedLow) !== 0 || (high & reservedHigh) !== 0;
  }

  /** What an entry names: a table or a page. */
  target(low: number, high: number): number {
    return pageOf(low, (high & this.#usedHigh) >>> 0);
  }

  /** Every entry on the way must permit the access (§3.7.1); the leaf permits what all of them permit. */
  walk(base: number, top: number, address: number, isWrite: boolean, into: Leaf): FaultReason {
    const tables = this.#tables;
    const needed = isWrite ? 2 : 1;
    let table = base;
    let permission = READ_WRITE;
    for (let level = top; ; level--) {
      const isRead = tables.read(entryAt(table, address, level));
      const { low, high } = tables;
      if (!isRead || isUnreadable(low, high)) return level === top ? FAULT.contextInvalid : FAULT.pagingUnreadable;
      permission &= low;
      if ((low & needed) === 0) return isWrite ? FAULT.noWrite : FAULT.noRead;
      if (this.isReserved(low, high, level)) return FAULT.pagingReserved;
      table = this.target(low, high);
      if (!isLastEntry(low, level)) continue;
      into.address = table;
      into.level = level;
      into.permission = (permission & READ_WRITE) as IommuPermission;
      return FAULT.none;
    }
  }
}
