import { defineErrors } from "backplane";

export const pciBridgeErrors = defineErrors({
  PCI_BRIDGE_CHASSIS: {
    text: () => "Bridge chassis not specified. Each bridge is required to be assigned a unique chassis id > 0.",
    help: "`pci-bridge` needs `chassis_nr`.",
  },
  PCI_BRIDGE_SLOT: {
    text: (slot: number, last: number) =>
      `Unsupported PCI slot ${slot} for standard hotplug controller. Valid slots are between 1 and ${last}.`,
    help: "Device 0 behind a bridge has no slot of the hot-plug controller, so it can neither come nor go.",
  },
  PCI_BRIDGE_BUSY: {
    text: () => "Hot-unplug failed: guest is busy (power indicator blinking)",
    help: "The guest is in the middle of powering the slot up or down; ask again later.",
  },
});
