import { COMMANDS, definePlugin, DEVICES, QOM, RUN_STATES } from "backplane";
import { BLOCK } from "backplane/plugins/block/contract";
import { BLOCK_RAM_REGISTRARS } from "backplane/plugins/block-ram-registrar/contract";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { INPUT } from "backplane/plugins/input/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { RANDOM_SOURCES } from "backplane/plugins/rng/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { VIRTIO_TYPES } from "./base-types.ts";
import { VirtioBlockDevice } from "./block-device.ts";
import { blockBackendType, blockTypes } from "./block-types.ts";
import { virtioCommands } from "./commands.ts";
import { VIRTIO } from "./contract.ts";
import { entropyBackend, EntropyDevice, entropyType } from "./entropy-device.ts";
import { VirtioBackendDevice } from "./backend-device.ts";
import { humanVirtioCommands } from "./human.ts";
import { inputBackends, inputTypes, VirtioKeyboard, VirtioMouse, VirtioTablet } from "./input-device.ts";
import { VirtioService } from "./service.ts";
import { OPTIONAL_RANDOM_SOURCES, PROCESSOR_COUNT } from "./tokens.ts";

export default definePlugin({
  id: "virtio",
  apiVersion: 1,
  summary: "VirtIO over PCI, with disks, keyboard, mouse, tablet and a source of entropy",
  requires: [PCI, INPUT],
  uses: [RANDOM_SOURCES, BLOCK, BLOCK_RAM_REGISTRARS, CPUS, HUMAN_COMMANDS],
  provides: [VIRTIO, OPTIONAL_RANDOM_SOURCES, PROCESSOR_COUNT],
  attach(machine) {
    const virtio = machine.create(VirtioService);
    machine.provideValue(VIRTIO, virtio);
    for (const command of virtioCommands(virtio, machine.use(RUN_STATES)))
      machine.own(machine.use(COMMANDS).add(command));
    const human = machine.optional(HUMAN_COMMANDS);
    if (human !== undefined) for (const command of humanVirtioCommands(human)) machine.own(human.add(command));
    machine.provideValue(OPTIONAL_RANDOM_SOURCES, { sources: machine.optional(RANDOM_SOURCES) });
    machine.own(machine.use(QOM).types.add(VIRTIO_TYPES));
    const devices = machine.use(DEVICES);
    for (const type of [...inputBackends, entropyBackend]) machine.own(devices.register(type, VirtioBackendDevice));
    machine.own(devices.register(entropyType, EntropyDevice));
    machine.own(devices.register(inputTypes.keyboard, VirtioKeyboard));
    machine.own(devices.register(inputTypes.mouse, VirtioMouse));
    machine.own(devices.register(inputTypes.tablet, VirtioTablet));
    const cpus = machine.optional(CPUS);
    machine.provideValue(PROCESSOR_COUNT, {
      get count() {
        return cpus?.topology.cpus ?? 1;
      },
    });
    // Without a block layer there is nothing that a disk could be on.
    const block = machine.optional(BLOCK);
    if (block === undefined || machine.optional(BLOCK_RAM_REGISTRARS) === undefined) return;
    machine.own(devices.register(blockBackendType, VirtioBackendDevice));
    for (const type of Object.values(blockTypes)) machine.own(devices.register(type, VirtioBlockDevice));
    const driver = blockTypes.common.name;
    machine.own(
      block.addInterface("virtio", ({ id }) => void devices.create({ driver, properties: { drive: id } }, "user")),
    );
  },
});
