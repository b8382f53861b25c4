// Root System Description Table: ACPI 1.0b §5.2.5, ACPI 6.5 §5.2.7.
import { TABLES_FILE } from "./loader-script.ts";
import type { OemIds } from "./oem-ids.ts";
import { HEADER_LENGTH, type TableImage, type TableLink, acpiTable } from "./table.ts";
import { TableWriter } from "./table-writer.ts";

const ENTRY_LENGTH = 4;

/** `offsets` are the places of the listed tables in `etc/acpi/tables`, in their order. */
export function buildRsdt(oem: OemIds, offsets: readonly number[]): TableImage {
  const entries = new TableWriter().zeros(ENTRY_LENGTH * offsets.length).finish();
  const links = offsets.map((offset, index): TableLink => ({
    kind: "pointer",
    at: HEADER_LENGTH + ENTRY_LENGTH * index,
    size: ENTRY_LENGTH,
    to: { file: TABLES_FILE, offset },
  }));
  return { bytes: acpiTable({ signature: "RSDT", revision: 1, oem }, entries), links };
}
