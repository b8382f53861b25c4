import { definePlugin, DEVICES } from "backplane";
import { ACPI_DSDT } from "backplane/plugins/acpi/contract";
import { CHARDEVS } from "backplane/plugins/chardev/contract";
import { ISA } from "backplane/plugins/isa/contract";
import { SerialDevice, serialType } from "./device.ts";
import { SerialPorts } from "./ports.ts";
import { SERIAL_PORTS } from "./tokens.ts";

export default definePlugin({
  id: "isa-serial",
  apiVersion: 1,
  summary: "the PC's serial ports (16550A) on character devices",
  requires: [ISA, CHARDEVS, ACPI_DSDT],
  provides: [SERIAL_PORTS],
  attach(machine) {
    machine.provideValue(SERIAL_PORTS, new SerialPorts());
    machine.own(machine.use(DEVICES).register(serialType, SerialDevice));
  },
});
