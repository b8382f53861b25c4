import { definePlugin, DEVICES } from "backplane";
import { PCI } from "backplane/plugins/pci/contract";
import { VgaDevice, vgaType } from "./device.ts";

export default definePlugin({
  id: "vga",
  apiVersion: 1,
  summary: "the standard VGA with the Bochs display interface",
  requires: [PCI],
  attach(machine) {
    machine.own(machine.use(DEVICES).register(vgaType, VgaDevice));
  },
});
