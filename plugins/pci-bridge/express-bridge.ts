// PCI Express to PCI bridge: PCI Express to PCI/PCI-X Bridge Specification 1.0; the peer's 1b36:000e.
import {
  DEVICE,
  DEVICES,
  inject,
  injectable,
  MEMORY_REGIONS,
  type Device,
  type DeviceContext,
  type Devices,
  type DeviceType,
  type MemoryRegions,
} from "backplane";
import {
  bridgeProperties,
  addErrorReporting,
  addExpress,
  CAPABILITY,
  CLASS,
  PCI,
  pciProperties,
  type Pci,
  type PciFunction,
} from "backplane/plugins/pci/contract";
import { onOffAuto } from "./bridge.ts";
import { attachHotplugController } from "./attach-shpc.ts";
import { carryBridge } from "./carry-bridge.ts";
import type { StandardHotplugController } from "./shpc.ts";

const VENDOR_REDHAT = 0x1b36;
const DEVICE_EXPRESS_BRIDGE = 0x000e;
const STATE_NAME = "pcie-pci-bridge";
const AT = { shpc: 0x40, errors: 0x100 } as const;
const POWER_MANAGEMENT = { length: 8, version: 0x3 } as const;

export const expressBridgeType = {
  name: "pcie-pci-bridge",
  bus: "PCI",
  parent: "base-pci-bridge",
  category: "bridge",
  properties: { msi: onOffAuto(), ...bridgeProperties, ...pciProperties },
} satisfies DeviceType;

@injectable()
export class ExpressBridge implements Device {
  #bridge: PciFunction | undefined;
  #shpc: StandardHotplugController | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof expressBridgeType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(DEVICES) private readonly devices: Devices,
  ) {}

  realize(): void {
    const { device } = this;
    const bridge = this.pci.plug({
      device,
      vendorId: VENDOR_REDHAT,
      deviceId: DEVICE_EXPRESS_BRIDGE,
      classId: CLASS.pciBridge,
      interruptPin: 1,
      express: true,
      bridge: { express: false, stateName: STATE_NAME },
      configWritten: (offset, size) => this.#shpc?.configWritten(offset, size),
      reset: () => this.#shpc?.reset(),
    });
    this.#bridge = bridge;
    this.#shpc = attachHotplugController(bridge, {
      device,
      devices: this.devices,
      regions: this.regions,
      offset: AT.shpc,
    });
    addExpress(bridge, { type: "pciBridge", extendedTags: device.properties["x-pcie-ext-tag"] });
    const power = bridge.addCapability(CAPABILITY.powerManagement, POWER_MANAGEMENT.length);
    bridge.config.set16(power + 2, POWER_MANAGEMENT.version);
    addErrorReporting(bridge, AT.errors);
    if (device.properties.msi !== "off") this.#shpc?.useMessages(bridge.addMsi({ bits64: true, perVectorMask: true }));
    carryBridge(device, STATE_NAME, bridge, this.#shpc);
  }

  unplug(): void {
    this.#bridge?.requestUnplug();
  }
}
