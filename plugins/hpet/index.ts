import { definePlugin, DEVICES } from "backplane";
import { ACPI_DSDT, ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { contributeAcpi } from "./acpi.ts";
import { HPET } from "./contract.ts";
import { HpetDevice, HpetService, hpetType } from "./device.ts";

export default definePlugin({
  id: "hpet",
  apiVersion: 1,
  summary: "the high precision event timers",
  requires: [SYSTEM_INTERRUPTS, FW_CFG],
  uses: [ACPI_TABLES, ACPI_DSDT],
  provides: [HPET],
  attach(machine) {
    const service = new HpetService();
    machine.provideValue(HPET, service);
    machine.own(machine.use(DEVICES).register(hpetType, HpetDevice));
    contributeAcpi(machine, service);
  },
});
