import { definePlugin, DEVICES } from "backplane";
import { INPUT } from "backplane/plugins/input/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { RANDOM_SOURCES } from "backplane/plugins/rng/contract";
import { VIRTIO } from "./contract.ts";
import { entropyBackend, EntropyDevice, entropyType } from "./entropy-device.ts";
import { VirtioBackendDevice } from "./backend-device.ts";
import { inputBackends, inputTypes, VirtioKeyboard, VirtioMouse, VirtioTablet } from "./input-device.ts";
import { VirtioService } from "./service.ts";
import { OPTIONAL_RANDOM_SOURCES } from "./tokens.ts";

export default definePlugin({
  id: "virtio",
  apiVersion: 1,
  summary: "VirtIO over PCI, with keyboard, mouse, tablet and a source of entropy",
  requires: [PCI, INPUT],
  uses: [RANDOM_SOURCES],
  provides: [VIRTIO, OPTIONAL_RANDOM_SOURCES],
  attach(machine) {
    machine.provide(VIRTIO, VirtioService);
    machine.provideValue(OPTIONAL_RANDOM_SOURCES, { sources: machine.optional(RANDOM_SOURCES) });
    const devices = machine.use(DEVICES);
    for (const type of [...inputBackends, entropyBackend]) machine.own(devices.register(type, VirtioBackendDevice));
    machine.own(devices.register(entropyType, EntropyDevice));
    machine.own(devices.register(inputTypes.keyboard, VirtioKeyboard));
    machine.own(devices.register(inputTypes.mouse, VirtioMouse));
    machine.own(devices.register(inputTypes.tablet, VirtioTablet));
  },
});
