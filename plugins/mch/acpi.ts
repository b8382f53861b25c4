import type { PluginMachine } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import type { Mch } from "./contract.ts";
import { buildMcfg } from "./mcfg.ts";

/** The memory-mapped configuration space, once the firmware has placed it. */
export function contributeAcpi(machine: PluginMachine, mch: Mch): void {
  const tables = machine.optional(ACPI_TABLES);
  if (tables !== undefined)
    machine.own(tables.add({ place: "mcfg", build: ({ oem }) => buildMcfg(oem, mch.mmConfig) }));
}
