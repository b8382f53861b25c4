// PCI-to-PCI bridge: PCI-to-PCI Bridge Architecture Specification 1.2; the peer's 1b36:0001.
import {
  DEVICE,
  DEVICES,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  type Device,
  type DeviceContext,
  type Devices,
  type DeviceType,
  type MemoryRegions,
} from "backplane";
import {
  bridgeProperties,
  CAPABILITY,
  CLASS,
  PCI,
  pciProperties,
  type Pci,
  type PciFunction,
} from "backplane/plugins/pci/contract";
import { pciBridgeErrors } from "./errors.ts";
import { attachHotplugController } from "./attach-shpc.ts";
import { carryBridge } from "./carry-bridge.ts";
import type { StandardHotplugController } from "./shpc.ts";

const VENDOR_REDHAT = 0x1b36;
const DEVICE_BRIDGE = 0x0001;
const STATE_NAME = "pci_bridge";
const SHPC_AT = 0x40;
/** First in chassis (PCI-to-PCI Bridge Architecture §13.2). */
const FIRST_IN_CHASSIS = 0x20;
const SLOT_ID_LENGTH = 4;

export const onOffAuto = () => prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", { description: "on/off/auto" });

/** A wish for room behind the bridge that nobody has; another is not modelled. */
const unlimited = () => prop.absent(prop.unmodelled(prop.size(undefined)), 0xffff_ffff_ffff_ffffn);

export const pciBridgeType = {
  name: "pci-bridge",
  bus: "PCI",
  parent: "base-pci-bridge",
  description: "Standard PCI Bridge",
  category: "bridge",
  properties: {
    chassis_nr: prop.unsigned(8, 0),
    msi: onOffAuto(),
    shpc: prop.bool(true, { description: "on/off" }),
    "bus-reserve": prop.unmodelled(prop.unsigned(32, 0xffffffff)),
    "io-reserve": unlimited(),
    "mem-reserve": unlimited(),
    "pref32-reserve": unlimited(),
    "pref64-reserve": unlimited(),
    ...bridgeProperties,
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
    @inject(DEVICES) private readonly devices: Devices,
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
      bridge: { express: false, stateName: STATE_NAME },
      configWritten: (offset, size) => this.#shpc?.configWritten(offset, size),
      reset: () => this.#shpc?.reset(),
    });
    this.#bridge = bridge;
    if (shpc)
      this.#shpc = attachHotplugController(bridge, {
        device,
        devices: this.devices,
        regions: this.regions,
        offset: SHPC_AT,
      });
    const slotId = bridge.addCapability(CAPABILITY.slotId, SLOT_ID_LENGTH);
    bridge.config.set8(slotId + 2, FIRST_IN_CHASSIS);
    bridge.config.set8(slotId + 3, chassis);
    bridge.config.setWritable(slotId + 3, 1, 0xff);
    // Only the hot-plug controller has something to say.
    if (shpc && msi !== "off") this.#shpc?.useMessages(bridge.addMsi({ bits64: true, perVectorMask: true }));
    carryBridge(device, STATE_NAME, bridge, this.#shpc);
  }

  unplug(): void {
    this.#bridge?.requestUnplug();
  }
}
