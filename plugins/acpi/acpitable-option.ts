// Tables that the user gives: the option -acpitable of the command line, `acpi.tables` of a definition.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { acpiErrors } from "./errors.ts";
import { hashOrder } from "backplane";
import { type OptionPair, splitOption } from "./option-text.ts";
import { CHECKSUM_OFFSET, HEADER_LENGTH, LENGTH_OFFSET, checksumOf } from "./table.ts";

/** Contents from `data` (without a header, one is made) or `file` (with one); other fields replace those of the header. */
export interface AcpiTableOptions {
  readonly sig?: string;
  readonly rev?: number;
  readonly oem_id?: string;
  readonly oem_table_id?: string;
  readonly oem_rev?: number;
  readonly asl_compiler_id?: string;
  readonly asl_compiler_rev?: number;
  /** Paths joined by `:`; their contents are concatenated. */
  readonly file?: string;
  readonly data?: string;
  /** Instead of `data`: so many zero bytes. A definition's, not the command line's. */
  readonly zeros?: number;
}

/** A complete table, checksum and all, and what the user should hear about it. */
export interface UserTable {
  readonly bytes: Uint8Array;
  readonly warnings: readonly string[];
}

/** Reads at most `limit` bytes of a file, and tells its whole size as far as that is known. Throws what `fs` throws. */
export type FileReader = (path: string, limit: number) => { readonly bytes: Uint8Array; readonly size: number };

/** The peer keeps a table's length in 16 bits. */
const MAXIMUM_LENGTH = 0xffff;
const UINT64_LIMIT = 1n << 64n;

const DEFAULT_HEADER = Buffer.alloc(HEADER_LENGTH);
DEFAULT_HEADER.write("QEMU", 0);
DEFAULT_HEADER.writeUInt8(1, 8);
DEFAULT_HEADER.write("QEMUQEQEMUQEMU", 10);
DEFAULT_HEADER.writeUInt32LE(1, 24);
DEFAULT_HEADER.write("QEMU", 28);
DEFAULT_HEADER.writeUInt32LE(1, 32);

/** Header fields by option, in the order in which the peer checks them. */
const FIELDS = {
  sig: { at: 0, width: 4, type: "text" },
  rev: { at: 8, width: 1, type: "number" },
  oem_id: { at: 10, width: 6, type: "text" },
  oem_table_id: { at: 16, width: 8, type: "text" },
  oem_rev: { at: 24, width: 4, type: "number" },
  asl_compiler_id: { at: 28, width: 4, type: "text" },
  asl_compiler_rev: { at: 32, width: 4, type: "number" },
} as const;
type Field = keyof typeof FIELDS;
const FIELD_NAMES = Object.keys(FIELDS) as Field[];

const C_STRINGS_BY_CODE: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
  ENXIO: "No such device or address",
  EIO: "Input/output error",
};

/** No table has a use for an id, but a malformed one is reported as such. */
function checkId(id: string | undefined): void {
  if (id === undefined || /^[a-z][a-z0-9\-._]*$/i.test(id)) return;
  throw acpiErrors.ACPI_TABLE_ID();
}

function parseNumber(name: string, text: string, width: number): number {
  // As C's strtoull reads it: leading white space and a plus sign are allowed, 0x means hexadecimal, 0 octal.
  const match = /^[ \t\n\v\f\r]*\+?(0[xX][0-9a-fA-F]+|[0-9]+)$/.exec(text);
  const digits = match?.[1] ?? "";
  const octal = /^0[0-9]/.test(digits);
  if (!match || (octal && /[89]/.test(digits))) throw acpiErrors.ACPI_TABLE_VALUE(name, "a uint64 value");
  const value = BigInt(octal ? `0o${digits}` : digits);
  if (value >= UINT64_LIMIT) throw acpiErrors.ACPI_TABLE_VALUE(name, "a uint64 value");
  if (value >= 1n << BigInt(8 * width)) throw acpiErrors.ACPI_TABLE_VALUE(name, `uint${8 * width}_t`);
  return Number(value);
}

/** Makes options of name-value pairs. The last of several pairs with one name counts. */
export function acpiTableOptions(pairs: readonly OptionPair[]): AcpiTableOptions {
  const given = new Map(pairs.map(({ name, value }) => [name, value]));
  checkId(given.get("id"));
  const options: Record<string, string | number> = {};
  for (const name of FIELD_NAMES) {
    const value = given.get(name);
    const field = FIELDS[name];
    if (value !== undefined) options[name] = field.type === "text" ? value : parseNumber(name, value, field.width);
  }
  for (const name of ["file", "data"]) {
    const value = given.get(name);
    if (value !== undefined) options[name] = value;
  }
  const names = [...given.keys()].filter((name) => name !== "id");
  const unknown = hashOrder(given.has("id") ? [...names, "id"] : names).find((name) => options[name] === undefined);
  if (unknown !== undefined) throw acpiErrors.ACPI_TABLE_PARAMETER(unknown);
  return options;
}

/** Reads a file of the host; special files, which have no size, are read up to the limit. */
export const readHostFile: FileReader = (path, limit) => {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = new Uint8Array(limit);
    let length = 0;
    for (;;) {
      const count = readSync(file, bytes, length, limit - length, null);
      length += count;
      if (count === 0 || length === limit) break;
    }
    return { bytes: bytes.subarray(0, length), size: Math.max(size, length) };
  } finally {
    closeSync(file);
  }
};

function describe(error: unknown): string {
  const code = String((error as { code?: unknown }).code);
  return C_STRINGS_BY_CODE[code] ?? code;
}

function readOne(path: string, limit: number, read: FileReader): ReturnType<FileReader> {
  try {
    return read(path, limit);
  } catch (error) {
    const verb = (error as { syscall?: unknown }).syscall === "read" ? "read" : "open";
    throw acpiErrors.ACPI_TABLE_FILE(verb, path, describe(error));
  }
}

function readAll(paths: string, hasHeader: boolean, read: FileReader): Uint8Array {
  if (paths === "") throw acpiErrors.ACPI_TABLE_PATH_MISSING();
  const limit = MAXIMUM_LENGTH + 1;
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const path of paths.split(":")) {
    const part = readOne(path, limit, read);
    // Beyond the limit only the sizes matter, for the message.
    if (size <= MAXIMUM_LENGTH) parts.push(part.bytes);
    size += part.size;
  }
  if (hasHeader && size < HEADER_LENGTH) {
    throw acpiErrors.ACPI_TABLE_SHORT(size, HEADER_LENGTH);
  }
  const total = hasHeader ? size : HEADER_LENGTH + size;
  if (total > MAXIMUM_LENGTH) {
    throw acpiErrors.ACPI_TABLE_BIG(total, MAXIMUM_LENGTH);
  }
  return Buffer.concat(parts);
}

function zeroBytes(count: number): Uint8Array {
  const total = HEADER_LENGTH + count;
  if (total > MAXIMUM_LENGTH) throw acpiErrors.ACPI_TABLE_BIG(total, MAXIMUM_LENGTH);
  return new Uint8Array(count);
}

function replaceFields(table: Buffer, options: AcpiTableOptions): number {
  let replaced = 0;
  for (const name of FIELD_NAMES) {
    const value = options[name];
    if (value === undefined) continue;
    const { at, width } = FIELDS[name];
    if (typeof value === "number") table.writeUIntLE(value, at, width);
    else Buffer.from(value, "utf8").copy(table.fill(0, at, at + width), at, 0, width);
    replaced++;
  }
  return replaced;
}

/** Reads the files and makes the table. */
export function buildUserTable(options: AcpiTableOptions, read: FileReader = readHostFile): UserTable {
  const { file, data, zeros } = options;
  if ([file, data, zeros].filter((source) => source !== undefined).length !== 1) throw acpiErrors.ACPI_TABLE_SOURCE();
  const hasHeader = file !== undefined;
  const contents = zeros === undefined ? readAll(file ?? data ?? "", hasHeader, read) : zeroBytes(zeros);
  const table = hasHeader ? Buffer.from(contents) : Buffer.concat([DEFAULT_HEADER, contents]);
  const warnings: string[] = [];
  const replaced = replaceFields(table, options);
  const claimed = table.readUInt32LE(LENGTH_OFFSET);
  if (hasHeader && claimed !== table.length) {
    warnings.push(`ACPI table has wrong length, header says ${claimed}, actual size ${table.length} bytes`);
  }
  if (!hasHeader && replaced === 0) warnings.push("ACPI table: no headers are specified");
  table.writeUInt32LE(table.length, LENGTH_OFFSET);
  table[CHECKSUM_OFFSET] = 0;
  table[CHECKSUM_OFFSET] = checksumOf(table);
  return { bytes: table, warnings };
}

/** `-acpitable TEXT`: all of the above. */
export function parseAcpiTable(text: string, read: FileReader = readHostFile): UserTable {
  const { pairs, warnings } = splitOption(text, "data");
  const table = buildUserTable(acpiTableOptions(pairs), read);
  return { bytes: table.bytes, warnings: [...warnings, ...table.warnings] };
}
