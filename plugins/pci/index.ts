import { COMMANDS, definePlugin, QOM } from "backplane";
import { PCI } from "./contract.ts";
import { PCI_DEVICE_TYPE } from "./device-type.ts";
import { queryPci } from "./query-pci.ts";
import { PciService } from "./service.ts";

export default definePlugin({
  id: "pci",
  apiVersion: 1,
  summary: "PCI and PCI Express: buses, bridges, configuration space, base address registers, interrupts",
  provides: [PCI],
  attach(machine) {
    machine.provide(PCI, PciService);
    machine.own(machine.use(QOM).types.add([PCI_DEVICE_TYPE]));
    machine.own(machine.use(COMMANDS).add(queryPci(machine.use(PCI))));
  },
});
