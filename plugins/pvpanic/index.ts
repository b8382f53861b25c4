import { definePlugin, DEVICES } from "backplane";
import { ACPI_DSDT } from "backplane/plugins/acpi/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { ISA } from "backplane/plugins/isa/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { PVPANIC } from "./contract.ts";
import { PvpanicDevice, PvpanicPciDevice, pvpanicPciType, pvpanicType } from "./devices.ts";
import { PvpanicService } from "./service.ts";

export default definePlugin({
  id: "pvpanic",
  apiVersion: 1,
  summary: "ports through which a guest reports its own panic: pvpanic and pvpanic-pci",
  requires: [PCI, ISA, FW_CFG],
  uses: [ACPI_DSDT],
  provides: [PVPANIC],
  attach(machine) {
    machine.provideValue(PVPANIC, new PvpanicService(machine.optional(ACPI_DSDT)));
    const devices = machine.use(DEVICES);
    machine.own(devices.register(pvpanicType, PvpanicDevice));
    machine.own(devices.register(pvpanicPciType, PvpanicPciDevice));
  },
});
