import { definePlugin, DEVICES } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { PC_MEMORY } from "backplane/plugins/pc-memory/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { PROCESSOR_SPACES } from "backplane/plugins/x86-cpu/contract";
import { contributeAcpi } from "./acpi.ts";
import { mchType } from "./bridge.ts";
import { MCH } from "./contract.ts";
import { MchDevice, Q35HostDevice } from "./devices.ts";
import { q35HostType } from "./host.ts";
import { MchService } from "./service.ts";

export default definePlugin({
  id: "mch",
  apiVersion: 1,
  summary: "the Q35 memory controller hub: host bridge, configuration space window, shadow RAM, SMRAM",
  requires: [PCI, PC_MEMORY, PROCESSOR_SPACES],
  uses: [ACPI_TABLES],
  provides: [MCH],
  attach(machine) {
    const service = new MchService();
    machine.provideValue(MCH, service);
    const devices = machine.use(DEVICES);
    machine.own(devices.register(q35HostType, Q35HostDevice));
    machine.own(devices.register(mchType, MchDevice));
    contributeAcpi(machine, service);
  },
});
