import type { PluginMachine } from "backplane";
import { ACPI_DSDT, ACPI_TABLES, hpetDevice } from "backplane/plugins/acpi/contract";
import type { Hpet } from "./contract.ts";
import { buildHpetTable } from "./hpet-table.ts";

/** Registers of one block (IA-PC HPET Specification 1.0a §2.3). */
const BLOCK_LENGTH = 0x400;

/** The timers' table and device; neither exists on a machine without them. */
export function contributeAcpi(machine: PluginMachine, hpet: Hpet): void {
  const tables = machine.optional(ACPI_TABLES);
  const dsdt = machine.optional(ACPI_DSDT);
  if (tables !== undefined) {
    machine.own(
      tables.add({ place: "hpet", build: ({ oem }) => (hpet.block ? [buildHpetTable(oem, hpet.block)] : []) }),
    );
  }
  if (dsdt !== undefined) {
    machine.own(
      dsdt.add({
        place: "hpet",
        build: () => (hpet.block ? hpetDevice({ base: hpet.block.base, length: BLOCK_LENGTH }) : []),
      }),
    );
  }
}
