// The header common to all tables: ACPI 1.0b §5.2.3, ACPI 6.5 §5.2.6.
import type { OemIds } from "./oem-ids.ts";
import type { AllocationZone, PointerSize } from "./loader-script.ts";
import { TableWriter } from "./table-writer.ts";

export const HEADER_LENGTH = 36;
export const LENGTH_OFFSET = 4;
export const CHECKSUM_OFFSET = 9;

const OEM_REVISION = 1;
const CREATOR_ID = "BXPC";
const CREATOR_REVISION = 1;

/** Where a pointer leads: to a file that the firmware loads, or to one of the two tables that only the FADT knows. */
export type LinkTarget = { readonly table: "facs" | "dsdt" } | { readonly file: string; readonly offset: number };

/**
 * What the firmware must do with a table once it has loaded it. `at` counts from the table's first byte. The order of
 * a table's links is the order of the loader commands, and all of them come before the table's checksum is taken.
 */
export type TableLink =
  | { readonly kind: "allocate"; readonly file: string; readonly alignment: number; readonly zone: AllocationZone }
  | { readonly kind: "pointer"; readonly at: number; readonly size: PointerSize; readonly to: LinkTarget }
  | {
      /** The address of `source` + `sourceOffset` is written back into the fw_cfg file `file`. */
      readonly kind: "write-pointer";
      readonly file: string;
      readonly offset: number;
      readonly size: PointerSize;
      readonly source: string;
      readonly sourceOffset: number;
    };

/** One table as its owner built it, not yet placed. */
export interface TableImage {
  readonly bytes: Uint8Array;
  readonly links?: readonly TableLink[];
  /** The checksum is complete, or there is none: the firmware is not asked to add one. */
  readonly sealed?: true;
}

export interface TableHeader {
  readonly signature: string;
  readonly revision: number;
  readonly oem: OemIds;
}

/** A header and a body. The checksum stays zero: the firmware adds it, after it has patched the pointers. */
export function acpiTable(header: TableHeader, body: Uint8Array): Uint8Array {
  if (!/^[\x20-\x7e]{4}$/.test(header.signature)) {
    throw new RangeError(`an ACPI signature has four printable characters, not ${JSON.stringify(header.signature)}`);
  }
  return new TableWriter()
    .text(header.signature, 4)
    .u32(HEADER_LENGTH + body.length)
    .u8(header.revision)
    .u8(0)
    .text(header.oem.id, 6)
    .text(header.oem.tableId, 8)
    .u32(OEM_REVISION)
    .text(CREATOR_ID, 4)
    .u32(CREATOR_REVISION)
    .bytes(body)
    .finish();
}

export function signatureOf(table: Uint8Array): string {
  return Buffer.from(table.subarray(0, 4)).toString("latin1");
}

/** The byte that makes the sum of all bytes zero, given that its own place holds zero (ACPI 6.5 §5.2.6). */
export function checksumOf(bytes: Uint8Array): number {
  // Tables come with tens of KiB of padding, and a start is short: four bytes a turn, two of them in each half.
  const whole = bytes.byteOffset % 4 === 0 ? bytes.length >>> 2 : 0;
  const words = new Uint32Array(bytes.buffer, whole === 0 ? 0 : bytes.byteOffset, whole);
  let halves = 0;
  for (let index = 0; index < whole; index++) {
    const word = words[index] ?? 0;
    halves = (halves + (word & 0xff00ff) + ((word >>> 8) & 0xff00ff)) & 0xff00ff;
  }
  let sum = halves + (halves >>> 16);
  for (let index = whole * 4; index < bytes.length; index++) sum += bytes[index] ?? 0;
  return -sum & 0xff;
}

/** Address spaces of a Generic Address Structure (ACPI 6.5 §5.2.3.2). */
export type AddressSpace = "memory" | "io";

const SPACE_IDS = { memory: 0, io: 1 } as const satisfies Record<AddressSpace, number>;

/** Appends a Generic Address Structure with no bit offset and an undefined access size. */
export function writeAddress(writer: TableWriter, space: AddressSpace, bitWidth: number, address: number): TableWriter {
  return writer.u8(SPACE_IDS[space]).u8(bitWidth).u8(0).u8(0).u64(address);
}
