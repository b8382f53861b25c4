// Whole machines from the goldens' command lines: ACPI blobs, RAM blocks, fw_cfg and PCI as the peer has them.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readGuestAcpi } from "../peer/guest-acpi.ts";
import { liveCases } from "../peer/cases/acpi-live.ts";
import { acpiCases } from "../peer/cases/acpi.ts";
import { type AcpiGolden, BLOB_NAMES, goldenBlob, loadAcpiGolden, type Phase } from "../peer/golden.ts";
import { decodeLoaderScript } from "../../plugins/acpi/loader-script.ts";
import { type GoldenMachine, withGoldenMachine } from "./golden-machine.ts";

/** Beyond what is promised, and yet agreed on. */
const ALSO: readonly string[] = [...liveCases.map(({ name }) => name), "boot-menu", "nographic", "seed-root-port"];
const names = acpiCases
  .filter(({ name, extra, noFwCfg }) => ALSO.includes(name) || (extra !== true && noFwCfg !== true))
  .map(({ name }) => name);

/** The tables one by one, so that a difference says in which of them it is. */
function tablesOf(bytes: Uint8Array): string[] {
  const blob = Buffer.from(bytes);
  const tables: string[] = [];
  for (let at = 0; at + 8 <= blob.length && blob[at] !== 0;) {
    const length = blob.readUInt32LE(at + 4);
    const sha256 = createHash("sha256")
      .update(blob.subarray(at, at + length))
      .digest("hex");
    tables.push(`${blob.toString("latin1", at, at + 4)} at ${at}: ${length} bytes, ${sha256}`);
    at += length;
  }
  return tables;
}

function compareBlobs(golden: AcpiGolden, phase: Phase, ours: GoldenMachine): void {
  const peer = golden.phases[phase];
  for (const name of BLOB_NAMES) {
    const bytes = ours.blob(name);
    if (peer?.blobs[name] === undefined) {
      expect(bytes, name).toBeUndefined();
      continue;
    }
    const expected = goldenBlob(golden, phase, name);
    if (bytes !== undefined && expected.equals(bytes)) continue;
    if (bytes === undefined) throw new Error(`${name} is missing`);
    if (name === "etc/acpi/tables") expect(tablesOf(bytes)).toEqual(tablesOf(expected));
    if (name === "etc/table-loader") expect(decodeLoaderScript(bytes)).toEqual(decodeLoaderScript(expected));
    expect(Buffer.from(bytes).equals(expected), name).toBe(true);
  }
}

const entry = ({ name, key, size }: { name: string; key: number; size: number }): string => `${key} ${name} ${size}`;

function compareFiles(golden: AcpiGolden, ours: GoldenMachine): void {
  expect(ours.fwCfg.directory().map(entry)).toEqual(golden.fwCfg.map(entry));
  for (const { name, key, size, data } of golden.fwCfg) {
    if (data === undefined) continue;
    ours.fwCfg.select(key);
    expect(Buffer.from(ours.fwCfg.read(size)).toString("base64"), name).toBe(data);
  }
}

/** The firmware caches sizes before the rebuild: of a script that grows it reads too little. */
function scriptGrows({ phases }: AcpiGolden): boolean {
  const used = (phase: Phase): number | undefined => phases[phase]?.blobs["etc/table-loader"]?.used;
  return used("machine-done") !== used("firmware");
}

describe.each(names)("%s", (name) => {
  const golden = loadAcpiGolden(name);
  const hasAcpi = golden.phases.selected !== undefined;

  test("at machine-done, and once the tables are looked at", () =>
    withGoldenMachine(golden, async (ours) => {
      compareBlobs(golden, "machine-done", ours);
      expect(ours.ramBlocks()).toBe(golden.phases["machine-done"]?.ramblocks);
      compareFiles(golden, ours);
      expect(await ours.queryPci()).toEqual(golden.phases["machine-done"]?.pci);
      if (!hasAcpi) return;
      ours.select("etc/table-loader");
      compareBlobs(golden, "selected", ours);
      expect(ours.ramBlocks()).toBe(golden.phases.selected?.ramblocks);
    }));

  test("when the firmware has come to rest", () =>
    withGoldenMachine(golden, async (ours) => {
      await ours.boot();
      compareBlobs(golden, "firmware", ours);
      expect(ours.ramBlocks()).toBe(golden.phases.firmware?.ramblocks);
      expect(await ours.queryPci()).toEqual(golden.phases.firmware?.pci);
      // Without a script that it can follow to its end, SeaBIOS makes tables of its own; the scripted firmware has none.
      expect(await readGuestAcpi(ours)).toEqual(hasAcpi && !scriptGrows(golden) ? golden.guest : null);
    }));
});
