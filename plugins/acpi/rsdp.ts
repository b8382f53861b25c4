// Root System Description Pointer in its first revision, which knows no XSDT: ACPI 1.0b §5.2.4.1, ACPI 6.5 §5.2.5.3.
import { type LoaderCommand, RSDP_FILE, TABLES_FILE } from "./loader-script.ts";
import type { OemIds } from "./oem-ids.ts";
import { TableWriter } from "./table-writer.ts";

const LENGTH = 20;
const CHECKSUM_OFFSET = 8;
const RSDT_OFFSET = 16;
const ALIGNMENT = 16;
const REVISION = 0;

/** The file `etc/acpi/rsdp` and the commands that complete it. */
export function buildRsdp(oem: OemIds, rsdtOffset: number): { bytes: Uint8Array; commands: readonly LoaderCommand[] } {
  const bytes = new TableWriter().text("RSD PTR ", 8).u8(0).text(oem.id, 6).u8(REVISION).u32(rsdtOffset).finish();
  return {
    bytes,
    commands: [
      { kind: "allocate", file: RSDP_FILE, alignment: ALIGNMENT, zone: "fseg" },
      { kind: "add-pointer", file: RSDP_FILE, source: TABLES_FILE, offset: RSDT_OFFSET, size: 4 },
      { kind: "add-checksum", file: RSDP_FILE, offset: CHECKSUM_OFFSET, start: 0, length: LENGTH },
    ],
  };
}
