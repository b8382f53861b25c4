// HPET description table: IA-PC HPET Specification 1.0a §3.2.4.
import { type OemIds, type TableImage, TableWriter, acpiTable, writeAddress } from "backplane/plugins/acpi/contract";

export interface HpetFacts {
  /** Where the timer block's registers are mapped. */
  readonly base: number;
  /** The low half of the block's capabilities register: vendor 0x8086, legacy routing, 64 bits, three timers. */
  readonly eventTimerBlockId: number;
}

export const HPET_BASE = 0xfed00000;
export const HPET_EVENT_TIMER_BLOCK_ID = 0x8086a201;

export function buildHpetTable(
  oem: OemIds,
  facts: HpetFacts = { base: HPET_BASE, eventTimerBlockId: HPET_EVENT_TIMER_BLOCK_ID },
): TableImage {
  const body = new TableWriter().u32(facts.eventTimerBlockId);
  // The first block; no lower limit for periodic ticks is promised, nor any page protection.
  writeAddress(body, "memory", 0, facts.base).u8(0).u16(0).u8(0);
  return { bytes: acpiTable({ signature: "HPET", revision: 1, oem }, body.finish()) };
}
