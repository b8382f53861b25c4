import { describe, expect, test } from "vitest";
import {
  type AcpiGolden,
  BLOB_NAMES,
  PHASES,
  type Phase,
  acpiGoldenNames,
  goldenBlob,
  loadAcpiGolden,
} from "../../peer/golden.ts";
import { buildCase } from "./case-build.ts";
import { goldenTables } from "./golden-tables.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function hasTables(golden: AcpiGolden, phase: Phase): boolean {
  return Object.keys(golden.phases[phase]?.blobs ?? {}).length > 0;
}

const cases = acpiGoldenNames().flatMap((name) => {
  const golden = loadAcpiGolden(name);
  return PHASES.filter((phase) => hasTables(golden, phase)).map((phase) => ({ name, phase, golden }));
});

describe("every table, file and loader command as the peer has them", () => {
  test.each(cases)("$name, $phase", ({ golden, phase }) => {
    const peer = goldenTables(golden, phase);
    const ours = buildCase(golden, phase);

    const order = ours.layout.map(({ signature, offset, length }) => ({ signature, offset, length }));
    expect(order).toEqual(
      peer.tables.map(({ signature, offset, bytes }) => ({ signature, offset, length: bytes.length })),
    );
    for (const table of peer.tables) {
      const bytes = ours.tables.subarray(table.offset, table.offset + table.bytes.length);
      expect({ table: table.signature, hex: hex(bytes) }).toEqual({ table: table.signature, hex: hex(table.bytes) });
    }
    expect(ours.commands).toEqual(peer.commands);

    const files = { "etc/acpi/tables": ours.tables, "etc/acpi/rsdp": ours.rsdp, "etc/table-loader": ours.loader };
    for (const blob of BLOB_NAMES) {
      const expected = goldenBlob(golden, phase, blob);
      // A block is as long as its pages; behind the file's end it holds zeros.
      expect(Buffer.from(files[blob]).equals(expected.subarray(0, files[blob].length)), blob).toBe(true);
      expect(
        expected.subarray(files[blob].length).every((byte) => byte === 0),
        blob,
      ).toBe(true);
    }
  });
});
