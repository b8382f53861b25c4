import { describe, expect, test } from "vitest";
import { AcpiDsdt, q35Dsdt } from "../../../plugins/acpi/dsdt/index.ts";
import { EisaId, Name, encodeTerms } from "../../../plugins/acpi/aml/index.ts";
import { HEADER_LENGTH } from "../../../plugins/acpi/table.ts";
import { NVDIMM_MEM_FILE } from "../../../plugins/nvdimm/nvdimm-tables.ts";
import { nvdimmSsdtBody } from "../../../plugins/nvdimm/ssdt.ts";
import { vmgenidSsdtBody } from "../../../plugins/vmgenid/ssdt.ts";
import { VMGENID_GUID_FILE } from "../../../plugins/vmgenid/vmgenid-table.ts";
import { type AcpiGolden, PHASES, type Phase, acpiGoldenNames, loadAcpiGolden } from "../../peer/golden.ts";
import { parseArgs } from "./case-args.ts";
import { memoryOf } from "./case-facts.ts";
import { dsdtFacts } from "./dsdt-facts.ts";
import { amlWithPointer, goldenTables, tableWith } from "./golden-tables.ts";

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

/** Where two byte strings part, with some context; a whole table in a failure's text helps nobody. */
function firstDifference(ours: Uint8Array, peer: Uint8Array | undefined): object | undefined {
  if (hex(ours) === hex(peer)) return undefined;
  const differs = ours.findIndex((byte, i) => byte !== peer?.[i]);
  const at = differs === -1 ? ours.length : differs;
  const around = (bytes: Uint8Array | undefined) =>
    Buffer.from(bytes ?? []).toString("latin1", Math.max(0, at - 16), at + 16);
  return { at, lengths: [ours.length, peer?.length], ours: around(ours), peer: around(peer) };
}

const goldens = acpiGoldenNames()
  .map(loadAcpiGolden)
  .filter((golden) => /^(pc-)?q35/.test(parseArgs(golden.args).machine.get("type") ?? ""));

const withTables = (golden: AcpiGolden): Phase[] =>
  PHASES.filter((phase) => Object.keys(golden.phases[phase]?.blobs ?? {}).length > 0);

const cases = goldens.flatMap((golden) => withTables(golden).map((phase) => ({ name: golden.name, phase, golden })));

describe("the DSDT is the peer's", () => {
  test.each(cases)("$name: $phase", ({ golden, phase }) => {
    const peer = tableWith(goldenTables(golden, phase), "DSDT")?.bytes.subarray(HEADER_LENGTH);
    expect(firstDifference(q35Dsdt(dsdtFacts(golden, phase)), peer)).toBeUndefined();
  });
});

const hasSsdt =
  (tableId: string) =>
  ({ golden, phase }: { readonly golden: AcpiGolden; readonly phase: Phase }): boolean =>
    tableWith(goldenTables(golden, phase), "SSDT", tableId) !== undefined;

describe("the SSDTs are the peer's, and so is the place of their patched address", () => {
  test.each(cases.filter(hasSsdt("NVDIMM")))("NVDIMM, $name: $phase", ({ golden, phase }) => {
    const peer = amlWithPointer(goldenTables(golden, phase), "NVDIMM", NVDIMM_MEM_FILE);
    const ours = nvdimmSsdtBody({ slots: memoryOf(parseArgs(golden.args)).slots, ioBase: 0xa18 });
    expect(firstDifference(ours.aml, peer.aml)).toBeUndefined();
    expect(ours.memAddressOffset).toBe(peer.offset);
  });

  test.each(cases.filter(hasSsdt("VMGENID")))("VM Generation ID, $name: $phase", ({ golden, phase }) => {
    const peer = amlWithPointer(goldenTables(golden, phase), "VMGENID", VMGENID_GUID_FILE);
    const ours = vmgenidSsdtBody();
    expect(firstDifference(ours.aml, peer.aml)).toBeUndefined();
    expect(ours.pageAddressOffset).toBe(peer.offset);
  });
});

const node = (name: string) => Name(name, 0);
const timer = () => [Name("_HID", EisaId("PNP0103"))];

describe("the registry", () => {
  test("orders by place, whatever the order of registration", () => {
    const places = ["device:b", "pci-events", "device:a", "debug-port", "gpe", "gpe:x"] as const;
    const build = (order: readonly (typeof places)[number][]): string => {
      const dsdt = new AcpiDsdt();
      for (const place of order) dsdt.add({ place, build: () => [node(`N${places.indexOf(place)}`)] });
      return hex(dsdt.build());
    };
    expect(build(places)).toBe(build(places.toReversed()));
    const text = Buffer.from(build(places), "hex").toString("latin1");
    expect(text.match(/N\d/g)).toEqual(["N3", "N4", "N5", "N1", "N2", "N0"]);
  });

  test("gathers a shared place's fragments in one scope, and leaves an empty one out", () => {
    const dsdt = new AcpiDsdt();
    dsdt.add({ place: "gpe:b", build: () => [node("B")] });
    dsdt.add({ place: "gpe:c", build: () => [] });
    dsdt.add({ place: "gpe", build: () => [node("A")] });
    expect(Buffer.from(dsdt.build()).toString("latin1")).toBe("\x10\x11_GPE\x08A___\0\x08B___\0");
    const empty = new AcpiDsdt();
    empty.add({ place: "gpe:c", build: () => [] });
    expect(empty.build()).toHaveLength(0);
  });

  test("refuses a place that is taken or unknown; disposing frees it, once", () => {
    const dsdt = new AcpiDsdt();
    const registration = dsdt.add({ place: "hpet", build: timer });
    expect(() => dsdt.add({ place: "hpet", build: timer })).toThrow('the DSDT place "hpet" is taken');
    registration.dispose();
    dsdt.add({ place: "hpet", build: timer });
    registration.dispose();
    expect(dsdt.build()).toEqual(encodeTerms(timer()));
    for (const place of ["nowhere", "device", "device:", "hpet:x"]) {
      expect(() => dsdt.add({ place: place as "hpet", build: timer })).toThrow(`there is no DSDT place "${place}"`);
    }
  });

  test("a device describes itself once, until it goes", () => {
    const dsdt = new AcpiDsdt();
    const path = "/machine/unattached/device[3]";
    expect(dsdt.descriptionOf(path)).toEqual([]);
    const registration = dsdt.describe(path, timer);
    expect(dsdt.descriptionOf(path)).toEqual(timer());
    expect(() => dsdt.describe(path, timer)).toThrow(`the device ${path} is described twice`);
    registration.dispose();
    registration.dispose();
    expect(dsdt.descriptionOf(path)).toEqual([]);
  });
});
