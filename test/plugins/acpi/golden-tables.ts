import { decodeLoaderScript, type LoaderCommand } from "../../../plugins/acpi/loader-script.ts";
import { HEADER_LENGTH } from "../../../plugins/acpi/table.ts";
import { type AcpiGolden, type Phase, goldenBlob } from "../../peer/golden.ts";

export interface GoldenTable {
  readonly signature: string;
  readonly offset: number;
  readonly bytes: Buffer;
}

export interface GoldenTables {
  readonly tables: readonly GoldenTable[];
  readonly commands: readonly LoaderCommand[];
}

/** Cuts a golden `etc/acpi/tables` into its tables. */
export function goldenTables(golden: AcpiGolden, phase: Phase): GoldenTables {
  const blob = goldenBlob(golden, phase, "etc/acpi/tables");
  const tables: GoldenTable[] = [];
  for (let offset = 0; offset + 8 <= blob.length && blob[offset] !== 0;) {
    const length = blob.readUInt32LE(offset + 4);
    tables.push({
      signature: blob.toString("latin1", offset, offset + 4),
      offset,
      bytes: blob.subarray(offset, offset + length),
    });
    offset += length;
  }
  const commands: LoaderCommand[] = [];
  for (const entry of decodeLoaderScript(goldenBlob(golden, phase, "etc/table-loader"))) {
    if (entry.kind === "malformed") throw new Error(`${golden.name}: ${entry.reason}`);
    commands.push(entry);
  }
  return { tables, commands };
}

export function tableWith(tables: GoldenTables, signature: string, tableId = ""): GoldenTable | undefined {
  return tables.tables.find(
    (table) => table.signature === signature && table.bytes.toString("latin1", 16, 24).startsWith(tableId),
  );
}

/** A table's AML as the peer wrote it, and where in it the one pointer into `file` lies. */
export function amlWithPointer(
  golden: GoldenTables,
  tableId: string,
  file: string,
): { aml: Uint8Array; offset: number } {
  const table = tableWith(golden, "SSDT", tableId);
  const pointer = golden.commands.find((command) => command.kind === "add-pointer" && command.source === file);
  if (!table || pointer?.kind !== "add-pointer") throw new Error(`no ${tableId} table`);
  return { aml: table.bytes.subarray(HEADER_LENGTH), offset: pointer.offset - table.offset - HEADER_LENGTH };
}
