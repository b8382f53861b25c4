import { definePlugin, DEVICES } from "backplane";
import { ACPI_DSDT } from "backplane/plugins/acpi/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { SecondaryVgaDevice, secondaryVgaType } from "./secondary.ts";
import { VgaDevice, vgaType } from "./device.ts";

export default definePlugin({
  id: "vga",
  apiVersion: 1,
  summary: "the standard VGA with the Bochs display interface, and secondary displays",
  requires: [PCI, ACPI_DSDT],
  attach(machine) {
    const devices = machine.use(DEVICES);
    machine.own(devices.register(vgaType, VgaDevice));
    machine.own(devices.register(secondaryVgaType, SecondaryVgaDevice));
  },
});
