// The tables that our firmware installs in guest memory, put through ACPICA's compiler: each is taken apart, and the
// AML ones are compiled again.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { withGoldenMachine } from "../machines/golden-machine.ts";
import { loadAcpiGolden } from "./golden.ts";
import { readGuestAcpi } from "./guest-acpi.ts";

const CASES = [
  "q35-256m",
  "q35-8g",
  "smp-4-max-8",
  "numa-4-dist",
  "numa-hmat",
  "slots",
  "nvdimm-two",
  "vmgenid",
  "iommu-all",
  "root-port-three",
  "pcie-pci-bridge",
  "pci-bridge-behind",
  "acpitable-four",
  "hpet-off",
  "smm-off",
  "oem-ids",
] as const;
/** The peer's own name for the VM generation ID device, QEMUVGID, which the compiler does not like. */
const PEERS_OWN = /_HID suffix must be all hex digits \(VGID\)/;
const AML: readonly string[] = ["DSDT", "SSDT"];

/** What the compiler says of the file, with its status. */
function iasl(folder: string, ...args: string[]): { status: number | null; text: string } {
  const run = spawnSync("iasl", args, { cwd: folder, encoding: "utf8" });
  return { status: run.status, text: run.stdout + run.stderr };
}

describe("tables in guest memory", () => {
  test("the compiler is there", () => {
    expect(execFileSync("iasl", ["-v"], { encoding: "utf8" })).toContain("ASL+ Optimizing Compiler");
  });

  test.for(CASES)("%s", async (name) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-iasl-"));
    try {
      await withGoldenMachine(loadAcpiGolden(name), async (machine) => {
        await machine.boot();
        const acpi = await readGuestAcpi(machine);
        expect(acpi?.unreachable).toEqual([]);
        expect(acpi?.tables.length).toBeGreaterThan(5);
        for (const [index, { address, signature, length }] of (acpi?.tables ?? []).entries()) {
          const bytes = machine.readGuest(address, length);
          // The FACS alone has no checksum (ACPI 6.5 §5.2.10).
          if (signature !== "FACS")
            expect(
              bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0),
              signature,
            ).toBe(0);
          const file = `${signature.toLowerCase()}${index}`;
          writeFileSync(path.join(folder, `${file}.aml`), bytes);
          const apart = iasl(folder, "-d", `${file}.aml`);
          expect(apart.status, apart.text).toBe(0);
          expect(readFileSync(path.join(folder, `${file}.dsl`), "utf8")).toContain(signature);
          if (!AML.includes(signature)) continue;
          const again = iasl(folder, "-f", "-p", `${file}-again`, `${file}.dsl`);
          expect(again.text).toContain("Compilation successful");
          expect(again.text.split("\n").filter((line) => line.startsWith("Error") && !PEERS_OWN.test(line))).toEqual(
            [],
          );
        }
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
