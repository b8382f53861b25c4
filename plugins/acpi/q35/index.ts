import { definePlugin, MACHINE } from "backplane";
import { ACPI_DSDT, hostBridge, hostBridgeResources, pciDevices, pciEvents } from "backplane/plugins/acpi/contract";
import { ICH9 } from "backplane/plugins/ich9/contract";
import { MCH } from "backplane/plugins/mch/contract";
import { PC_MEMORY } from "backplane/plugins/pc-memory/contract";
import { PciTree } from "./pci-tree.ts";
import { mmConfigRange, resourceFacts } from "./windows.ts";

export default definePlugin({
  id: "acpi/q35",
  apiVersion: 1,
  summary: "the parts of a Q35 machine's DSDT that both bridges have a share in: host bridge, windows, PCI tree",
  requires: [ACPI_DSDT, MCH, ICH9, PC_MEMORY],
  attach(machine) {
    const dsdt = machine.use(ACPI_DSDT);
    const [mch, ich9, memory] = [machine.use(MCH), machine.use(ICH9), machine.use(PC_MEMORY)];
    const uid = machine.use(MACHINE).type.quirks?.includes("pci-root-uid-1") === true ? 1 : 0;
    const tree = new PciTree(ich9, dsdt);
    const fragments = [
      {
        place: "host-bridge",
        build: () => hostBridge({ nativeHotplug: ich9.pciHotplug === undefined, uid, ...mmConfigRange(mch.mmConfig) }),
      },
      { place: "host-bridge-resources", build: () => hostBridgeResources(resourceFacts(mch, ich9, memory)) },
      { place: "pci-devices", build: () => pciDevices(tree.facts(mch.root)) },
      { place: "pci-events", build: () => (ich9.pciHotplug ? pciEvents(tree.facts(mch.root)) : []) },
    ] as const;
    for (const fragment of fragments) machine.own(dsdt.add(fragment));
  },
});
