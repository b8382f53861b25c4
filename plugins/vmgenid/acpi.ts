import type { PluginMachine } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import type { Vmgenid } from "./contract.ts";
import { vmgenidSsdtBody } from "./ssdt.ts";
import { buildVmgenidSsdt } from "./vmgenid-table.ts";

/** The device's SSDT, while the machine has one. */
export function contributeAcpi(machine: PluginMachine, vmgenid: Vmgenid): void {
  const tables = machine.optional(ACPI_TABLES);
  if (tables === undefined) return;
  machine.own(
    tables.add({
      place: "vmgenid",
      build: ({ oem }) => (vmgenid.guid === undefined ? [] : [buildVmgenidSsdt(oem, vmgenidSsdtBody())]),
    }),
  );
}
