// RAM blocks and fw_cfg files of the peer's machines, as far as they need no chipset and no ACPI tables.
import { formatRAMBlockTable, Machine, RAM_LIST } from "backplane";
import { describe, expect, test } from "vitest";
import { FW_CFG, type FwCfg } from "../../../plugins/fw-cfg/contract.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { acpiGoldenNames, loadAcpiGolden, maskHostAddresses, type AcpiGolden } from "../../peer/golden.ts";
import { Workspace } from "../../peer/workspace.ts";
import { platformType } from "./platform.ts";

/** Other machine types, and machines with devices that have RAM blocks or files of their own. */
const ELSEWHERE = [
  "none",
  "i440fx",
  "pc-q35-9.2",
  "vga",
  "defaults",
  "e1000e",
  "pxb-e1000e",
  "virtio-rng-port",
  "usb-on",
  "serial",
  "nographic",
];
const DRIVERS = ["pc-dimm", "nvdimm", "vmgenid"];
/** Of the chipset, of ACPI, and of a device on the ISA bus. */
const OTHERS = /^etc\/(smi\/|acpi\/(rsdp|tables)|table-loader|tpm\/|system-states|pvpanic-port)/;

const names = acpiGoldenNames().filter((name) => !ELSEWHERE.includes(name));

/** The files and what is in them; an automatic GUID and what the firmware writes are not compared. */
function filesOf(fwCfg: FwCfg, golden: AcpiGolden): string[] {
  return fwCfg.directory().map(({ name, key, size }) => {
    const peer = golden.fwCfg.find((entry) => entry.name === name);
    if (peer?.data === undefined) return `${name} ${size}`;
    fwCfg.select(key);
    return `${name} ${size} ${Buffer.from(fwCfg.read(size)).toString("base64")}`;
  });
}

async function build(golden: AcpiGolden): Promise<{ blocks: string; files: string[] }> {
  const workspace = new Workspace(golden.files);
  try {
    const definition = definitionOf(workspace.expand(golden.args));
    const plugins = platformType.plugins.map(({ id }) => id);
    const machine = await Machine.create(
      {
        ...definition,
        devices: definition.devices.filter(({ driver }) => DRIVERS.includes(driver)),
        options: Object.fromEntries(Object.entries(definition.options).filter(([id]) => plugins.includes(id))),
      },
      { types: [platformType] },
    );
    try {
      const blocks = maskHostAddresses(formatRAMBlockTable(machine.service(RAM_LIST).blocks()));
      return { blocks, files: filesOf(machine.service(FW_CFG), golden) };
    } finally {
      await machine.dispose();
    }
  } finally {
    workspace.remove();
  }
}

describe.each(names)("%s", (name) => {
  test("RAM blocks and files", async () => {
    const golden = loadAcpiGolden(name);
    const { blocks, files } = await build(golden);
    const lines = (golden.phases["machine-done"]?.ramblocks ?? "").split("\n");
    expect(blocks).toBe(lines.filter((line) => !line.includes("/rom@etc/")).join("\n"));
    const expected = golden.fwCfg
      .filter((entry) => !OTHERS.test(entry.name))
      .map((entry) => `${entry.name} ${entry.size}${entry.data === undefined ? "" : ` ${entry.data}`}`);
    expect(files).toEqual(expected);
  });
});
