import { MACHINE, type PluginMachine } from "backplane";
import { ACPI_TABLES, PC_PCI_INTERRUPTS, buildMadt } from "backplane/plugins/acpi/contract";
import type { Cpus } from "./contract.ts";

/** The processors and interrupt controllers, as the MADT lists them. */
export function contributeAcpi(machine: PluginMachine, cpus: Cpus): void {
  const tables = machine.optional(ACPI_TABLES);
  if (tables === undefined) return;
  const pic = machine.use(MACHINE).properties.string("pic") !== "off";
  machine.own(
    tables.add({
      place: "madt",
      build: ({ oem }) => [buildMadt(oem, { cpus: cpus.possible, pic, pciInterrupts: PC_PCI_INTERRUPTS })],
    }),
  );
}
