import { definePlugin, DEVICES } from "backplane";
import { PCI } from "backplane/plugins/pci/contract";
import { PciBridge, pciBridgeType } from "./bridge.ts";
import { DmiBridge, dmiBridgeType } from "./dmi-bridge.ts";
import { ExpressBridge, expressBridgeType } from "./express-bridge.ts";

export default definePlugin({
  id: "pci-bridge",
  apiVersion: 1,
  summary: "bridges to conventional PCI buses: pci-bridge, pcie-pci-bridge and i82801b11-bridge",
  requires: [PCI],
  attach(machine) {
    const devices = machine.use(DEVICES);
    machine.own(devices.register(pciBridgeType, PciBridge));
    machine.own(devices.register(expressBridgeType, ExpressBridge));
    machine.own(devices.register(dmiBridgeType, DmiBridge));
  },
});
