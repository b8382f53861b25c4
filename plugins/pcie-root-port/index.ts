import { definePlugin, DEVICES } from "backplane";
import { PCI } from "backplane/plugins/pci/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { ChassisSlots } from "./chassis.ts";
import { Ioh3420Device, ioh3420Type } from "./ioh3420.ts";
import { RootPort, rootPortType } from "./root-port.ts";
import { CHASSIS_SLOTS } from "./tokens.ts";

export default definePlugin({
  id: "pcie-root-port",
  apiVersion: 1,
  summary: "PCI Express root ports",
  requires: [PCI, CPUS],
  provides: [CHASSIS_SLOTS],
  attach(machine) {
    machine.provideValue(CHASSIS_SLOTS, new ChassisSlots());
    const devices = machine.use(DEVICES);
    machine.own(devices.register(rootPortType, RootPort));
    machine.own(devices.register(ioh3420Type, Ioh3420Device));
  },
});
