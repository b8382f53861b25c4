import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { buildAcpi } from "../../../plugins/acpi/build.ts";
import { buildFacs } from "../../../plugins/acpi/facs.ts";
import { buildFadt } from "../../../plugins/acpi/fadt.ts";
import { DEFAULT_OEM_IDS } from "../../../plugins/acpi/oem-ids.ts";
import type { TablePlace } from "../../../plugins/acpi/places.ts";
import { type TableImage, acpiTable } from "../../../plugins/acpi/table.ts";
import { AcpiTables, type PlacedTables } from "../../../plugins/acpi/tables.ts";

const context = { oem: DEFAULT_OEM_IDS, licensedOem: DEFAULT_OEM_IDS };

function table(signature: string, body = new Uint8Array(8)): TableImage {
  return { bytes: acpiTable({ signature, revision: 1, oem: DEFAULT_OEM_IDS }, body) };
}

const inOrder: readonly TablePlace[] = ["facs", "dsdt", "madt", "hpet", "waet", "device:one", "device:two", "user"];

describe("AcpiTables", () => {
  test.prop([fc.shuffledSubarray([...inOrder], { minLength: inOrder.length })])(
    "places decide, registration does not",
    (places) => {
      const tables = new AcpiTables();
      for (const place of places) tables.add({ place, build: () => [] });
      expect(tables.collect(context).map(({ place }) => place)).toEqual(inOrder);
    },
  );

  test("a place has one holder until that one leaves", () => {
    const tables = new AcpiTables();
    const first = tables.add({ place: "iommu", build: () => [] });
    expect(() => tables.add({ place: "iommu", build: () => [] })).toThrow('the ACPI table place "iommu" is taken');
    first.dispose();
    const second = tables.add({ place: "iommu", build: () => [table("DMAR")] });
    first.dispose();
    expect(tables.collect(context)).toHaveLength(1);
    second.dispose();
    expect(tables.collect(context)).toHaveLength(0);
  });

  test("an unknown place is refused", () => {
    const place = "nowhere" as TablePlace;
    expect(() => new AcpiTables().add({ place, build: () => [] })).toThrow('there is no ACPI table place "nowhere"');
  });
});

const smallest = [
  { place: "facs", images: [buildFacs()] },
  { place: "dsdt", images: [table("DSDT")] },
] as const;

function filler(bytes: number): readonly PlacedTables[] {
  return [...smallest, { place: "device:filler", images: [table("FILL", new Uint8Array(bytes))] }];
}

describe("buildAcpi", () => {
  test("tables lie back to back; FACS and DSDT are not in the RSDT", () => {
    const blobs = buildAcpi(context, [...smallest, { place: "device:mine", images: [table("MINE"), table("YOUR")] }]);
    expect(blobs.layout.map(({ signature, offset, length }) => [signature, offset, length])).toEqual([
      ["FACS", 0, 64],
      ["DSDT", 64, 44],
      ["MINE", 108, 44],
      ["YOUR", 152, 44],
      ["RSDT", 196, 44],
    ]);
    const view = Buffer.from(blobs.tables);
    expect([view.readUInt32LE(196 + 36), view.readUInt32LE(196 + 40)]).toEqual([108, 152]);
    expect([blobs.tables.length, blobs.rsdp.length, blobs.loader.length]).toEqual([0x20000, 20, 0x1000]);
  });

  test("the tables file grows by 128 KiB, and not beyond 2 MiB", () => {
    // FACS, DSDT, the filler's header and an RSDT with one entry take 64 + 44 + 36 + 40 bytes.
    expect(buildAcpi(context, filler(0x20000 - 184)).tables.length).toBe(0x20000);
    expect(buildAcpi(context, filler(0x20000 - 183)).tables.length).toBe(0x40000);
    expect(buildAcpi(context, filler(0x200000 - 184)).tables.length).toBe(0x200000);
    expect(() => buildAcpi(context, filler(0x200000 - 183))).toThrow(
      "etc/acpi/tables would have 2228224 bytes; there is room for 2097152",
    );
  });

  test.each<[string, TableImage, string]>([
    [
      "outside its table",
      { ...table("PTR "), links: [{ kind: "pointer", at: 41, size: 4, to: { table: "dsdt" } }] },
      "PTR : a pointer at 41 lies beyond the table's 44 bytes",
    ],
    [
      "into an unknown file",
      { ...table("PTR "), links: [{ kind: "pointer", at: 36, size: 4, to: { file: "x", offset: 0 } }] },
      "PTR : points into x, which nothing allocates before it",
    ],
  ])("a pointer %s is an error", (_, image, message) => {
    expect(() => buildAcpi(context, [...smallest, { place: "device:bad", images: [image] }])).toThrow(message);
  });

  test("a FADT without a DSDT is an error", () => {
    const facts = {
      revision: 3,
      sciInterrupt: 9,
      pmBase: 0,
      gpe0: { port: 0, length: 0 },
      maxCpus: 1,
      i8042: true,
    } as const;
    const fadt = { place: "fadt", images: [buildFadt(DEFAULT_OEM_IDS, facts)] } as const;
    expect(() => buildAcpi(context, [smallest[0], fadt])).toThrow("FACP: there is no DSDT to point at");
  });
});
