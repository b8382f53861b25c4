import { definePlugin, DEVICES } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { MEMORY_BACKENDS } from "backplane/plugins/memory-backend/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { ACPI_ERST } from "./contract.ts";
import { ErstDevice, erstType } from "./device.ts";
import { buildErst } from "./erst-table.ts";
import { ErstService } from "./service.ts";

export default definePlugin({
  id: "acpi-erst",
  apiVersion: 1,
  summary: "a store of error records that survives the machine, and the ACPI table that describes it",
  requires: [PCI, MEMORY_BACKENDS],
  uses: [ACPI_TABLES],
  provides: [ACPI_ERST],
  attach(machine) {
    const service = new ErstService();
    machine.provideValue(ACPI_ERST, service);
    machine.own(machine.use(DEVICES).register(erstType, ErstDevice));
    const build = ({ oem }: { readonly oem: Parameters<typeof buildErst>[0] }) =>
      service.store === undefined ? [] : [buildErst(oem, service.store.registers)];
    const tables = machine.optional(ACPI_TABLES);
    if (tables !== undefined) machine.own(tables.add({ place: "erst", build }));
  },
});
