// The thread's case: the firmware keeps an early copy of the directory, a select makes the tables grow, and the guest
// reads them in their old size.
import { defineMachineType, prop, type LogRecord, type Machine } from "backplane";
import { withMachine } from "backplane/kit";
import { describeRAMBlockNotifier, describeUntold } from "backplane/kit/conformance";
import { describe, expect, test } from "vitest";
import { ACPI_TABLES, acpiTable, DEFAULT_OEM_IDS } from "../../../../plugins/acpi/contract.ts";
import { ACPI_FILES_HEARS } from "../../../../plugins/acpi/fw-cfg/hears.ts";
import acpiFwCfg from "../../../../plugins/acpi/fw-cfg/index.ts";
import { OutgrownFiles } from "../../../../plugins/acpi/fw-cfg/outgrown.ts";
import acpi from "../../../../plugins/acpi/index.ts";
import { FW_CFG, FW_CFG_KEYS } from "../../../../plugins/fw-cfg/contract.ts";
import fwCfg from "../../../../plugins/fw-cfg/index.ts";
import romLoader from "../../../../plugins/rom-loader/index.ts";

const type = defineMachineType({
  name: "test",
  description: "ACPI and what publishes it",
  properties: { acpi: prop.choice("OnOffAuto", ["on", "off", "auto"], "auto"), "x-oem-id": prop.string(undefined) },
  plugins: [fwCfg, romLoader, acpi, acpiFwCfg],
  devices: [],
  defaultMemory: 0,
  maxCpus: 1,
});

const TABLES = "etc/acpi/tables";
const WARNING =
  "the guest reads etc/acpi/tables but learnt its size before it grew: it knows of 0x20000 of 0x40000 bytes";

const select = (machine: Machine, name: string): void => {
  const device = machine.service(FW_CFG);
  device.select(device.file(name)?.key ?? -1);
};
const readDirectory = (machine: Machine): void => machine.service(FW_CFG).select(FW_CFG_KEYS.directory);
const warnings = (log: readonly LogRecord[]) =>
  log.filter(({ level }) => level === "warn").map(({ message }) => message);

/** From now on the tables need another 128 KiB. */
function enlarge(machine: Machine): void {
  const bytes = acpiTable({ signature: "TEST", revision: 1, oem: DEFAULT_OEM_IDS }, new Uint8Array(0x20000));
  machine.service(ACPI_TABLES).add({ place: "device:test", build: () => [{ bytes }] });
}

describe("tables that outgrow what the guest knows of them", () => {
  test("are warned of once, when they are read", () =>
    withMachine({ type }, (machine, log) => {
      readDirectory(machine);
      enlarge(machine);
      select(machine, "etc/table-loader");
      expect(warnings(log)).toEqual([]);
      select(machine, TABLES);
      select(machine, TABLES);
      expect(warnings(log)).toEqual([WARNING]);
    }));

  test("are no surprise to a guest that reads the directory again, or first of all then", () =>
    withMachine({ type }, (machine, log) => {
      readDirectory(machine);
      enlarge(machine);
      select(machine, "etc/table-loader");
      readDirectory(machine);
      select(machine, TABLES);
      expect(warnings(log)).toEqual([]);
    }));

  test("are not, after a reset: the guest starts anew", () =>
    withMachine({ type }, (machine, log) => {
      readDirectory(machine);
      machine.reset("host-qmp-system-reset");
      enlarge(machine);
      select(machine, "etc/table-loader");
      select(machine, TABLES);
      expect(warnings(log)).toEqual([]);
    }));
});

const { resized } = ACPI_FILES_HEARS.blocks;
describeUntold({
  subscriber: ACPI_FILES_HEARS.name,
  kind: "resized",
  breaks: "untold" in resized ? resized.untold : "",
  machine: () => ({ type }),
  story(machine, log) {
    readDirectory(machine);
    enlarge(machine);
    select(machine, "etc/table-loader");
    select(machine, TABLES);
    expect(machine.service(FW_CFG).file(TABLES)?.size).toBe(0x40000);
    expect(warnings(log), "nobody says why the guest's tables are cut off").toEqual([WARNING]);
  },
});

describeRAMBlockNotifier("acpi/fw-cfg", () => {
  const silent = { debug() {}, info() {}, warn() {}, error() {}, named: () => silent };
  return new OutgrownFiles([TABLES], silent);
});
