// PCI-to-PCI bridge: PCI-to-PCI Bridge Architecture Specification 1.2; the peer's 1b36:0001.
import {
  DEVICE,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
} from "backplane";
import { CAPABILITY, CLASS, PCI, pciProperties, type Pci, type PciFunction } from "backplane/plugins/pci/contract";
import { pciBridgeErrors } from "./errors.ts";
import { StandardHotplugController } from "./shpc.ts";

const VENDOR_REDHAT = 0x1b36;
const DEVICE_BRIDGE = 0x0001;
const SHPC_AT = 0x40;
/** First in chassis (PCI-to-PCI Bridge Architecture §13.2). */
const FIRST_IN_CHASSIS = 0x20;
const SLOT_ID_LENGTH = 4;

export const onOffAuto = () => prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", { description: "on/off/auto" });

export const pciBridgeType = {
  name: "pci-bridge",
  bus: "PCI",
  description: "Standard PCI Bridge",
  category: "bridge",
  properties: {
    chassis_nr: prop.unsigned(8, 0),
    msi: onOffAuto(),
    shpc: prop.bool(true, { description: "on/off" }),
    ...pciProperties,
  },
} satisfies DeviceType;

@injectable()
export class PciBridge implements Device {
  #bridge: PciFunction | undefined;
  #shpc: StandardHotplugController | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof pciBridgeType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
  ) {}

  realize(): void {
    const { device } = this;
    const { chassis_nr: chassis, shpc, msi } = device.properties;
    if (chassis === 0) throw pciBridgeErrors.PCI_BRIDGE_CHASSIS();
    const bridge = this.pci.plug({
      device,
      vendorId: VENDOR_REDHAT,
      deviceId: DEVICE_BRIDGE,
      classId: CLASS.pciBridge,
      interruptPin: shpc ? 1 : 0,
      bridge: { express: false },
      configReading: () => this.#shpc?.refreshWindow(),
      reset: () => this.#shpc?.reset(),
    });
    this.#bridge = bridge;
    if (shpc) this.#shpc = new StandardHotplugController(bridge, this.regions, device.log, SHPC_AT);
    const slotId = bridge.addCapability(CAPABILITY.slotId, SLOT_ID_LENGTH);
    bridge.config.set8(slotId + 2, FIRST_IN_CHASSIS);
    bridge.config.set8(slotId + 3, chassis);
    bridge.config.setWritable(slotId + 3, 1, 0xff);
    // Only the hot-plug controller has something to say.
    if (shpc && msi !== "off") bridge.addMsi({ bits64: true, perVectorMask: true });
  }

  unplug(): void {
    this.#bridge?.requestUnplug();
  }
}
