import { definePlugin, DEVICES } from "backplane";
import { PCI } from "backplane/plugins/pci/contract";
import { ChassisSlots } from "./chassis.ts";
import { RootPort, rootPortType } from "./root-port.ts";
import { CHASSIS_SLOTS } from "./tokens.ts";

export default definePlugin({
  id: "pcie-root-port",
  apiVersion: 1,
  summary: "PCI Express root ports",
  requires: [PCI],
  provides: [CHASSIS_SLOTS],
  attach(machine) {
    machine.provideValue(CHASSIS_SLOTS, new ChassisSlots());
    machine.own(machine.use(DEVICES).register(rootPortType, RootPort));
  },
});
