import { describe, expect, it } from "vitest";
import { captureAcpi } from "./capture-acpi.ts";
import { captureCli } from "./capture-cli.ts";
import { captureHmp } from "./capture-hmp.ts";
import { captureReadline } from "./capture-hmp-readline.ts";
import { captureMigration } from "./capture-migration.ts";
import { captureQmp } from "./capture-qmp.ts";
import { acpiCases } from "./cases/acpi.ts";
import { cliCases } from "./cases/cli.ts";
import { migrationCases } from "./cases/migration.ts";
import { qmpCases } from "./cases/qmp.ts";
import { loadAcpiGolden, loadCliGoldens, loadMigrationGolden, loadQmpGolden } from "./golden.ts";
import { loadHmpGolden } from "./hmp-golden.ts";
import { loadReadlineGolden } from "./hmp-readline-golden.ts";
import { peerVersion } from "./version.ts";

const named = <T extends { readonly name: string }>(cases: readonly T[], ...names: string[]): T[] =>
  cases.filter((test) => names.includes(test.name));

describe("the peer still answers as captured", () => {
  const version = peerVersion();

  it.each(named(acpiCases, "seed", "q35-256m", "nvdimm", "acpi-off", "none"))("acpi $name", async (test) => {
    expect(await captureAcpi(test, version)).toEqual(loadAcpiGolden(test.name));
  });

  it.each(named(cliCases, "option-unknown", "machine-unknown", "vmgenid-twice"))("cli $name", async (test) => {
    expect(await captureCli(test)).toEqual(loadCliGoldens().find((golden) => golden.name === test.name));
  });

  // On a busy host the peer's reply to `migrate` may come on the other side of the first event; the golden has one order.
  it.each(named(qmpCases, "negotiation", "ids", "q35-mtree", "migrate-exec"))(
    "qmp $name",
    { retry: 3 },
    async (test) => {
      expect(await captureQmp(test, version)).toEqual(loadQmpGolden(test.name));
    },
  );

  it("hmp", async () => {
    expect(await captureHmp(version)).toEqual(loadHmpGolden());
    expect(await captureReadline(version)).toEqual(loadReadlineGolden());
  });

  it.each(migrationCases)("migration $name", async (test) => {
    expect((await captureMigration(test, version)).golden).toEqual(loadMigrationGolden(test.name));
  });
});
