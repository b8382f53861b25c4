import { definePlugin, DEVICES } from "backplane";
import { CHARDEVS } from "backplane/plugins/chardev/contract";
import { ISA } from "backplane/plugins/isa/contract";
import { DebugconDevice, debugconType } from "./device.ts";

export default definePlugin({
  id: "isa-debugcon",
  apiVersion: 1,
  summary: "the debug console port, by which firmware writes its log",
  requires: [ISA, CHARDEVS],
  attach(machine) {
    machine.own(machine.use(DEVICES).register(debugconType, DebugconDevice));
  },
});
