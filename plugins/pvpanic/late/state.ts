// What a migration carries of the PCI card, by the peer's names; the port has no state.
import type { StateDescription } from "backplane";
import { pciDeviceField, type PciDeviceState } from "backplane/plugins/pci/contract";

export const PVPANIC_PCI: StateDescription<{ readonly pci: PciDeviceState }> = {
  name: "pvpanic-pci",
  version: 1,
  fields: [pciDeviceField("dev", (state) => state.pci)],
};
