import { defineErrors } from "backplane";

export const pciBridgeErrors = defineErrors({
  PCI_BRIDGE_CHASSIS: {
    text: () => "Bridge chassis not specified. Each bridge is required to be assigned a unique chassis id > 0.",
    help: "`pci-bridge` needs `chassis_nr`.",
  },
});
