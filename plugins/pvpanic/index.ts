import { definePlugin, DEVICES, EVENTS } from "backplane";
import { ACPI_DSDT } from "backplane/plugins/acpi/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { ISA } from "backplane/plugins/isa/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { PVPANIC } from "./contract.ts";
import { PvpanicDevice, PvpanicPciDevice, pvpanicPciType, pvpanicType } from "./devices.ts";
import { PVPANIC_EVENTS } from "./events.ts";
import { PanicActions } from "./panic-actions.ts";
import { PvpanicService } from "./service.ts";
import { PANIC_LISTENER } from "./tokens.ts";

export default definePlugin({
  id: "pvpanic",
  apiVersion: 1,
  summary: "ports through which a guest reports its own panic: pvpanic and pvpanic-pci",
  requires: [PCI, ISA, FW_CFG],
  uses: [ACPI_DSDT],
  provides: [PVPANIC, PANIC_LISTENER],
  attach(machine) {
    machine.provideValue(PVPANIC, new PvpanicService(machine.optional(ACPI_DSDT)));
    const events = machine.use(EVENTS);
    for (const event of PVPANIC_EVENTS) machine.own(events.declare(event));
    machine.provideValue(PANIC_LISTENER, machine.create(PanicActions));
    const devices = machine.use(DEVICES);
    machine.own(devices.register(pvpanicType, PvpanicDevice));
    machine.own(devices.register(pvpanicPciType, PvpanicPciDevice));
  },
});
