// The bridge from the south bridge's link to conventional PCI: ICH9 datasheet (316972) §11, D30:F0.
import { DEVICE, inject, injectable, type Device, type DeviceContext, type DeviceType } from "backplane";
import {
  bridgeProperties,
  CAPABILITY,
  CLASS,
  PCI,
  pciProperties,
  type Pci,
  type PciFunction,
} from "backplane/plugins/pci/contract";
import { carryBridge } from "./carry-bridge.ts";

const VENDOR_INTEL = 0x8086;
const DEVICE_DMI_BRIDGE = 0x244e;
const STATE_NAME = "i82801b11_bridge";
const REVISION = 0x92;
const SUBTRACTIVE_DECODE = 0x01;
const SUBSYSTEM = { at: 0x50, length: 8 } as const;

export const dmiBridgeType = {
  name: "i82801b11-bridge",
  bus: "PCI",
  parent: "base-pci-bridge",
  category: "bridge",
  properties: { ...bridgeProperties, ...pciProperties },
} satisfies DeviceType;

@injectable()
export class DmiBridge implements Device {
  #bridge: PciFunction | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof dmiBridgeType.properties>,
    @inject(PCI) private readonly pci: Pci,
  ) {}

  realize(): void {
    const bridge = this.pci.plug({
      device: this.device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_DMI_BRIDGE,
      classId: CLASS.pciBridge,
      programmingInterface: SUBTRACTIVE_DECODE,
      revision: REVISION,
      bridge: { express: false, stateName: STATE_NAME },
    });
    this.#bridge = bridge;
    bridge.addCapability(CAPABILITY.subsystem, SUBSYSTEM.length, SUBSYSTEM.at);
    carryBridge(this.device, STATE_NAME, bridge);
  }

  unplug(): void {
    this.#bridge?.requestUnplug();
  }
}
