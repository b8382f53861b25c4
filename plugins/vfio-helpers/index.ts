import { COMMANDS, definePlugin, DEVICES, HOST_ADDRESS_SPACE, HOST_RESOURCES, type PluginMachine } from "backplane";
import { BLOCK } from "backplane/plugins/block/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { VFIO_HELPERS, VFIO_HOST } from "./contract.ts";
import { queryDevices } from "./commands.ts";
import { VFIO_GUESTS } from "./guest/contract.ts";
import { VfioPciDevice, vfioPciType } from "./guest/vfio-pci.ts";
import { vfioPositions } from "./helpers/positions.ts";
import type { ModelHost } from "./model/host.ts";
import { makeModel } from "./model/make-model.ts";
import { nvmeDriver } from "./nvme/driver.ts";
import { vfioOptions, type VfioOptions } from "./options.ts";
import { VfioService } from "./service.ts";

export default definePlugin<VfioOptions>({
  id: "vfio-helpers",
  apiVersion: 1,
  summary: "devices that a user-space driver reaches through VFIO: NVMe controllers as block nodes",
  uses: [BLOCK, VFIO_HOST, PCI, MIGRATION],
  provides: [VFIO_HELPERS, VFIO_GUESTS],
  hears: [vfioPositions],
  options: vfioOptions,
  attach(machine, options) {
    const foreign = machine.optional(VFIO_HOST);
    const service =
      foreign === undefined
        ? serviceOfModel(machine, makeModel(machine, options))
        : new VfioService(machine, foreign, undefined);
    machine.provideValue(VFIO_HELPERS, service);
    machine.provideValue(VFIO_GUESTS, service.forGuests(machine.optional(MIGRATION)));
    if (machine.optional(PCI) !== undefined) machine.own(machine.use(DEVICES).register(vfioPciType, VfioPciDevice));
    machine.own(machine.use(COMMANDS).add(queryDevices(service, machine.use(HOST_ADDRESS_SPACE))));
    const block = machine.optional(BLOCK);
    if (block !== undefined) machine.own(block.addDriver(nvmeDriver(machine, service)));
  },
});

function serviceOfModel(machine: PluginMachine, model: ModelHost): VfioService {
  const resources = machine.use(HOST_RESOURCES);
  machine.own(resources.add({ name: "vfio-helpers mappings", outstanding: () => model.mappings }));
  machine.own(resources.add({ name: "vfio-helpers files", outstanding: () => model.files }));
  return new VfioService(machine, model, model);
}
