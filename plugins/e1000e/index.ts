import { definePlugin, DEVICES } from "backplane";
import { NETWORK } from "backplane/plugins/net/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { E1000eDevice, e1000eType } from "./device.ts";

export default definePlugin({
  id: "e1000e",
  apiVersion: 1,
  summary: "Intel's 82574L gigabit Ethernet controller",
  requires: [PCI, NETWORK],
  attach(machine) {
    machine.own(machine.use(DEVICES).register(e1000eType, E1000eDevice));
  },
});
