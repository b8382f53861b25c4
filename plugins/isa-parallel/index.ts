import { definePlugin, DEVICES } from "backplane";
import { ACPI_DSDT } from "backplane/plugins/acpi/contract";
import { CHARDEVS } from "backplane/plugins/chardev/contract";
import { ISA } from "backplane/plugins/isa/contract";
import { ParallelDevice, parallelType } from "./device.ts";
import { ParallelPorts } from "./ports.ts";
import { PARALLEL_PORTS } from "./tokens.ts";

export default definePlugin({
  id: "isa-parallel",
  apiVersion: 1,
  summary: "the PC's parallel ports on character devices",
  requires: [ISA, CHARDEVS, ACPI_DSDT],
  provides: [PARALLEL_PORTS],
  attach(machine) {
    machine.provideValue(PARALLEL_PORTS, new ParallelPorts());
    machine.own(machine.use(DEVICES).register(parallelType, ParallelDevice));
  },
});
