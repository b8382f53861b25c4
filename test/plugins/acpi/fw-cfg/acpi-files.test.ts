import { defineMachineType, MACHINE_CONTROL, prop, RAM_BLOCK_NOTIFIERS, RAM_LIST, type Machine } from "backplane";
import { recordNotifications, withMachine, type TestMachineOptions } from "backplane/kit";
import { describe, expect, test } from "vitest";
import { ACPI_TABLES, acpiTable, DEFAULT_OEM_IDS } from "../../../../plugins/acpi/contract.ts";
import acpiFwCfg from "../../../../plugins/acpi/fw-cfg/index.ts";
import acpi from "../../../../plugins/acpi/index.ts";
import { FW_CFG } from "../../../../plugins/fw-cfg/contract.ts";
import fwCfg from "../../../../plugins/fw-cfg/index.ts";
import romLoader from "../../../../plugins/rom-loader/index.ts";

const FILES = ["etc/acpi/tables", "etc/table-loader", "etc/acpi/rsdp"] as const;

const type = defineMachineType({
  name: "test",
  description: "ACPI and what publishes it",
  properties: { acpi: prop.choice("OnOffAuto", ["on", "off", "auto"], "auto"), "x-oem-id": prop.string(undefined) },
  plugins: [fwCfg, romLoader, acpi, acpiFwCfg],
  devices: [],
  defaultMemory: 0,
  maxCpus: 1,
});
const machineWith = (properties: Record<string, string>): TestMachineOptions => ({
  type,
  machine: { type: "test", properties },
});

function select(machine: Machine, name: string): void {
  const fwCfg = machine.service(FW_CFG);
  fwCfg.select(fwCfg.file(name)?.key ?? -1);
}

/** Counts builds from now on, and lets a test change a table's size. */
function contribute(machine: Machine): { builds: number; length: number; tables: number } {
  const state = { builds: 0, length: 0, tables: 1 };
  machine.service(ACPI_TABLES).add({
    place: "device:test",
    build: () => {
      state.builds++;
      const body = new Uint8Array(state.length);
      return Array.from({ length: state.tables }, () => ({
        bytes: acpiTable({ signature: "TEST", revision: 1, oem: DEFAULT_OEM_IDS }, body),
      }));
    },
  });
  return state;
}

describe("the ACPI files", () => {
  test("lie in blocks of their own, made in the peer's order", () =>
    withMachine({ type }, (machine) => {
      const blocks = FILES.map((name) => machine.service(RAM_LIST).byIdstr(`/rom@${name}`));
      expect(blocks.map((block) => [block?.usedLength, block?.maxLength, block?.flags.resizeable])).toEqual([
        [0x20000, 0x200000, true],
        [0x1000, 0x10000, true],
        [0x1000, 0x1000, true],
      ]);
      const offsets = blocks.map((block) => block?.offset ?? -1);
      expect(offsets).toEqual(offsets.toSorted((left, right) => left - right));
    }));

  test.each(FILES)("are rebuilt at the first select of %s after each reset, once", (name) =>
    withMachine({ type }, (machine) => {
      const state = contribute(machine);
      select(machine, name);
      expect(state.builds).toBe(1);
      for (const other of FILES) select(machine, other);
      expect(state.builds).toBe(1);
      machine.service(MACHINE_CONTROL).reset("host-qmp-system-reset");
      expect(state.builds).toBe(1);
      select(machine, name);
      expect(state.builds).toBe(2);
    }),
  );

  test("grow their blocks, tables before the script, and keep the size through a reset", () =>
    withMachine({ type }, (machine) => {
      const state = contribute(machine);
      Object.assign(state, { length: 0x20000, tables: 1 });
      const record = recordNotifications(machine.service(RAM_BLOCK_NOTIFIERS));
      record.calls.length = 0;
      select(machine, "etc/acpi/rsdp");
      expect(record.calls).toMatchObject([
        { kind: "resized", idstr: "/rom@etc/acpi/tables", change: { from: 0x20000, to: 0x40000 } },
      ]);
      Object.assign(state, { length: 0x100, tables: 40 });
      machine.service(MACHINE_CONTROL).reset("host-qmp-system-reset");
      expect(machine.service(RAM_LIST).byIdstr("/rom@etc/acpi/tables")?.usedLength).toBe(0x40000);
      record.calls.length = 0;
      select(machine, "etc/acpi/tables");
      expect(record.calls.map(({ idstr, change }) => [idstr, change?.to])).toEqual([
        ["/rom@etc/acpi/tables", 0x20000],
        ["/rom@etc/table-loader", 0x3000],
      ]);
      void record.dispose();
    }));

  test("do not exist with acpi=off", () =>
    withMachine(machineWith({ acpi: "off" }), (machine) => {
      for (const name of FILES) expect(machine.service(FW_CFG).file(name)).toBeUndefined();
    }));

  test("an OEM id that does not fit is refused in the peer's words", async () => {
    const made = withMachine(machineWith({ "x-oem-id": "SEVENCH" }), () => undefined);
    await expect(made).rejects.toThrow("User specified x-oem-id value is bigger than 6 bytes in size");
  });
});
