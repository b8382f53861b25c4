import { COMMANDS, definePlugin } from "backplane";
import { PCI } from "./contract.ts";
import { queryPci } from "./query-pci.ts";
import { PciService } from "./service.ts";

export default definePlugin({
  id: "pci",
  apiVersion: 1,
  summary: "PCI and PCI Express: buses, bridges, configuration space, base address registers, interrupts",
  provides: [PCI],
  attach(machine) {
    machine.provide(PCI, PciService);
    machine.own(machine.use(COMMANDS).add(queryPci(machine.use(PCI))));
  },
});
