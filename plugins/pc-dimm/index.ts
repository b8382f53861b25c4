import { definePlugin, DEVICES } from "backplane";
import { MEMORY_BACKENDS } from "backplane/plugins/memory-backend/contract";
import { NUMA } from "backplane/plugins/numa/contract";
import { PC_MEMORY } from "backplane/plugins/pc-memory/contract";
import { MEMORY_DEVICES } from "./contract.ts";
import { PC_DIMM, PcDimm } from "./dimm.ts";
import { SlotMemoryDevices } from "./memory-devices.ts";

export default definePlugin({
  id: "pc-dimm",
  apiVersion: 1,
  summary: "slots and addresses of memory devices, and the pc-dimm device",
  requires: [PC_MEMORY, MEMORY_BACKENDS],
  uses: [NUMA],
  provides: [MEMORY_DEVICES],
  attach(machine) {
    const devices = machine.create(SlotMemoryDevices);
    machine.provideValue(MEMORY_DEVICES, devices);
    const numa = machine.optional(NUMA);
    devices.countNodes(() => numa?.nodes.length ?? 0);
    machine.own(machine.use(DEVICES).register(PC_DIMM, PcDimm));
  },
});
