import { definePlugin, DEVICES, EVENTS } from "backplane";
import { ISA } from "backplane/plugins/isa/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { WATCHDOG } from "./contract.ts";
import { WATCHDOG_EVENT } from "./events.ts";
import { I6300esbDevice, i6300esbType } from "./i6300esb.ts";
import { Ib700Device, ib700Type } from "./ib700.ts";
import { WatchdogActions } from "./watchdog-actions.ts";

export default definePlugin({
  id: "watchdog",
  apiVersion: 1,
  summary: "what happens when a watchdog runs out; the watchdogs ib700 and i6300esb",
  requires: [PCI, ISA],
  provides: [WATCHDOG],
  attach(machine) {
    machine.own(machine.use(EVENTS).declare(WATCHDOG_EVENT));
    machine.provideValue(WATCHDOG, machine.create(WatchdogActions));
    const devices = machine.use(DEVICES);
    machine.own(devices.register(ib700Type, Ib700Device));
    machine.own(devices.register(i6300esbType, I6300esbDevice));
  },
});
