import { defineErrors } from "backplane";

const ID_ADVICE = "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter.";

export const acpiErrors = defineErrors({
  ACPI_TABLE_SOURCE: {
    text: () => "'-acpitable' requires one of 'data' or 'file'",
    help: "A table of the user's needs its contents: `data` (without a header, which is made) or `file` (with one), not both; in a definition also `zeros`, a number of zero bytes, instead of `data`.",
    advice: "write one of file, data, zeros",
  },
  ACPI_TABLE_PATH_MISSING: {
    text: () => "'-acpitable' requires at least one pathname",
    help: "`data` or `file` of a table of the user's is empty.",
  },
  ACPI_TABLE_FILE: {
    text: (verb: "open" | "read", path: string, reason: string) => `can't ${verb} file ${path}: ${reason}`,
    help: "A file with the contents of a user's ACPI table cannot be read.",
  },
  ACPI_TABLE_SHORT: {
    text: (available: number, expected: number) =>
      `ACPI table claiming to have header is too short, available: ${available}, expected: ${expected}`,
    help: "`file` names a table with its header, but the contents are shorter than a header. Use `data` for contents without one.",
  },
  ACPI_TABLE_BIG: {
    text: (requested: number, maximum: number) => `ACPI table too big, requested: ${requested}, max: ${maximum}`,
    help: "A user's ACPI table is longer than a 16-bit length can tell. Split it.",
  },
  ACPI_TABLE_ID: {
    text: () => "Parameter 'id' expects an identifier",
    help: "The id of an -acpitable option is no identifier.",
    hints: [ID_ADVICE],
  },
  ACPI_TABLE_VALUE: {
    text: (name: string, expected: string) => `Parameter '${name}' expects ${expected}`,
    help: "A header field of a user's ACPI table is no number, or does not fit its field.",
  },
  ACPI_TABLE_PARAMETER: {
    text: (name: string) => `Invalid parameter '${name}'`,
    help: "-acpitable was given a parameter that it does not have.",
  },
  ACPI_OEM_ID: {
    text: (property: string, limit: number) => `User specified ${property} value is bigger than ${limit} bytes in size`,
    help: "x-oem-id has room for six bytes in a table's header, x-oem-table-id for eight.",
  },
  ACPI_TABLE_PLACE_UNKNOWN: {
    text: (place: string) => `there is no ACPI table place "${place}"`,
    help: "A plugin contributes an ACPI table to a place that does not exist. A device of your own takes `device:<name>`.",
  },
  ACPI_TABLE_PLACE_TAKEN: {
    text: (place: string) => `the ACPI table place "${place}" is taken`,
    help: "Two plugins contribute ACPI tables to one place.",
  },
  DSDT_PLACE_UNKNOWN: {
    text: (place: string) => `there is no DSDT place "${place}"`,
    help: "A plugin contributes to a part of the DSDT that does not exist. A device of your own takes `device:<name>`, an event `gpe:<name>`.",
  },
  DSDT_PLACE_TAKEN: {
    text: (place: string) => `the DSDT place "${place}" is taken`,
    help: "Two plugins contribute to the same part of the DSDT.",
  },
  DSDT_DEVICE_DESCRIBED: {
    text: (path: string) => `the device ${path} is described twice`,
    help: "Two plugins describe the same device in the DSDT.",
  },
  ACPI_ALLOCATED_TWICE: {
    text: (file: string) => `${file} is allocated twice`,
    help: "Two ACPI tables ask the firmware to load the same fw_cfg file.",
  },
  ACPI_POINTER_OUTSIDE: {
    text: (signature: string, at: number, length: number) =>
      `${signature}: a pointer at ${at} lies beyond the table's ${length} bytes`,
    help: "A plugin's ACPI table has a link outside of its bytes.",
  },
  ACPI_POINTER_TARGET: {
    text: (signature: string, table: string) => `${signature}: there is no ${table} to point at`,
    help: "An ACPI table points at a table that no plugin of the machine contributes.",
  },
  ACPI_FILE_UNALLOCATED: {
    text: (signature: string, file: string) => `${signature}: points into ${file}, which nothing allocates before it`,
    help: "A plugin's ACPI table points into an fw_cfg file without a link that has the firmware load it.",
  },
  ACPI_FILE_FULL: {
    text: (file: string, length: number, room: number) =>
      `${file} would have ${length} bytes; there is room for ${room}`,
    help: "The machine's ACPI tables, or their loader script, are larger than what their RAM block reserves. Give fewer or smaller tables.",
  },
});
