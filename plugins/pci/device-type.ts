import { tableProperties, type QomType } from "backplane";
import { pciProperties } from "./properties.ts";

/** What every PCI device descends from. */
export const PCI_DEVICE_TYPE: QomType = {
  name: "pci-device",
  parent: "device",
  abstract: true,
  forBus: "PCI",
  interfaces: ["vmstate-if"],
  properties: () => {
    const [addr, ...rest] = tableProperties(pciProperties);
    return addr === undefined ? [] : [addr, { name: "legacy-addr", type: "str" }, ...rest];
  },
};
