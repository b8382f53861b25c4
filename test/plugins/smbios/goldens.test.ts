import { describe, expect, test } from "vitest";
import { withMachine } from "backplane/kit";
import { SMBIOS } from "../../../plugins/smbios/contract.ts";
import { acpiGoldenNames, loadAcpiGolden } from "../../peer/golden.ts";
import { pcMachine } from "../numa/pc-machine.ts";

const goldens = acpiGoldenNames()
  .map(loadAcpiGolden)
  .filter(({ fwCfg }) => fwCfg.some(({ name }) => name === "etc/smbios/smbios-tables"));

describe("SMBIOS files are the peer's", () => {
  test.each(goldens.map((golden) => [golden.name, golden] as const))("%s", async (_name, golden) => {
    const file = (name: string) => golden.fwCfg.find((entry) => entry.name === name)?.data;
    await withMachine(pcMachine(golden.args), (machine) => {
      const { tables, anchor } = machine.service(SMBIOS);
      expect(Buffer.from(tables).toString("base64")).toBe(file("etc/smbios/smbios-tables"));
      expect(Buffer.from(anchor).toString("base64")).toBe(file("etc/smbios/smbios-anchor"));
    });
  });
});
