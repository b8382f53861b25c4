// Windows ACPI Emulated Devices Table, version 1.0 (Microsoft, 6 April 2009).
import type { OemIds } from "./oem-ids.ts";
import { type TableImage, acpiTable } from "./table.ts";
import { TableWriter } from "./table-writer.ts";

/** Bit 1, "ACPI PM timer good": one read of the timer suffices, so a guest need not leave to us three times for it. */
const PM_TIMER_GOOD = 1 << 1;

export function buildWaet(oem: OemIds): TableImage {
  return { bytes: acpiTable({ signature: "WAET", revision: 1, oem }, new TableWriter().u32(PM_TIMER_GOOD).finish()) };
}
