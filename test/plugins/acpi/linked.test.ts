import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { patchChecksum, patchPointer } from "../../../plugins/acpi/loader-patch.ts";
import { RSDP_FILE, TABLES_FILE } from "../../../plugins/acpi/loader-script.ts";
import { type AcpiGolden, BLOB_NAMES, acpiGoldenNames, goldenBlob, loadAcpiGolden } from "../../peer/golden.ts";
import { goldenTables } from "./golden-tables.ts";

/** Where the peer's firmware put the files, as far as the goldens tell; others stay unlinked. */
function addresses(golden: AcpiGolden): Map<string, number> {
  const facs = golden.guest?.tables.find((table) => table.signature === "FACS");
  return new Map(facs ? [[TABLES_FILE, facs.address]] : []);
}

/**
 * The firmware reads each file with the size that it had before the rebuild. Where a file grew, it misses the end and
 * installs none of this (or, without an RSDP that sums to zero, tables of its own).
 */
function isLinked(golden: AcpiGolden): boolean {
  const before = golden.phases["machine-done"]?.blobs ?? {};
  const after = golden.phases.firmware?.blobs ?? {};
  return (
    addresses(golden).size > 0 &&
    BLOB_NAMES.every((name) => before[name] !== undefined && before[name].used === after[name]?.used)
  );
}

const names = acpiGoldenNames().filter((name) => isLinked(loadAcpiGolden(name)));

describe("linking as the firmware does", () => {
  test.each(names)("gives the tables that the peer's guest finds: %s", (name) => {
    const golden = loadAcpiGolden(name);
    const known = addresses(golden);
    const base = known.get(TABLES_FILE) ?? 0;
    const files = new Map(
      [TABLES_FILE, RSDP_FILE].map((file) => [file, goldenBlob(golden, "firmware", file as typeof TABLES_FILE)]),
    );
    const unlinked = new Set<number>();
    for (const command of goldenTables(golden, "firmware").commands) {
      const file = files.get(command.file);
      if (command.kind === "add-checksum" && file) expect(patchChecksum(file, command)).toBe(true);
      if (command.kind !== "add-pointer" || !file) continue;
      const address = known.get(command.source);
      if (address === undefined) unlinked.add(command.offset);
      else expect(patchPointer(file, command, address)).toBe(true);
    }
    const bytes = files.get(TABLES_FILE) ?? Buffer.alloc(0);
    for (const table of golden.guest?.tables ?? []) {
      const start = table.address - base;
      if ([...unlinked].some((offset) => offset >= start && offset < start + table.length)) continue;
      const sha256 = createHash("sha256")
        .update(bytes.subarray(start, start + table.length))
        .digest("hex");
      expect({ signature: table.signature, sha256 }).toEqual({ signature: table.signature, sha256: table.sha256 });
    }
    expect(files.get(RSDP_FILE)?.toString("hex", 0, 20)).toBe(golden.guest?.rsdp.hex);
  });
});
