// OEM ids in table headers: ACPI 6.5 §5.2.6. The machine's options x-oem-id and x-oem-table-id override them.
import { acpiErrors } from "./errors.ts";

/** Six and eight bytes, shorter ones followed by NUL bytes in the table. */
export interface OemIds {
  readonly id: string;
  readonly tableId: string;
}

export const DEFAULT_OEM_IDS: OemIds = { id: "BOCHS ", tableId: "BXPC    " };

const ID_BYTES = 6;
const TABLE_ID_BYTES = 8;

function checked(option: string, value: string, limit: number): string {
  if (Buffer.byteLength(value) > limit) {
    throw acpiErrors.ACPI_OEM_ID(option, limit);
  }
  return value;
}

/** Throws `ACPI_OEM_ID`. Applies the machine's `x-oem-id` and `x-oem-table-id` to the defaults. */
export function oemIds(options: { readonly "x-oem-id"?: string; readonly "x-oem-table-id"?: string } = {}): OemIds {
  const id = options["x-oem-id"];
  const tableId = options["x-oem-table-id"];
  return {
    id: id === undefined ? DEFAULT_OEM_IDS.id : checked("x-oem-id", id, ID_BYTES),
    tableId: tableId === undefined ? DEFAULT_OEM_IDS.tableId : checked("x-oem-table-id", tableId, TABLE_ID_BYTES),
  };
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString("latin1");
}

/**
 * The ids that FADT and RSDT carry. A software licensing table (SLIC) given by the user is only accepted by its guest when
 * those two tables bear the same ids as it does, so the first SLIC among the user's tables decides.
 */
export function licensedOemIds(oem: OemIds, userTables: readonly Uint8Array[]): OemIds {
  for (const table of userTables) {
    if (Buffer.from(table.subarray(0, 4)).toString("latin1") !== "SLIC") continue;
    return { id: untilNul(table.subarray(10, 16)), tableId: untilNul(table.subarray(16, 24)) };
  }
  return oem;
}
