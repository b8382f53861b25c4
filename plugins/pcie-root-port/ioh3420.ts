// The root port of Intel's X58: X58 Express Chipset datasheet (320838) §17.12.
import {
  DEVICE,
  DEVICES,
  inject,
  injectable,
  type Device,
  type DeviceContext,
  type Devices,
  type DeviceType,
} from "backplane";
import { PCI, type Pci, type PciFunction, type PciMsi } from "backplane/plugins/pci/contract";
import { CPUS, type Cpus } from "backplane/plugins/x86-cpu/contract";
import type { ChassisSlots } from "./chassis.ts";
import { rootPortErrors } from "./errors.ts";
import { ExpressRootPort, type PortModel } from "./express-root-port.ts";
import { portProperties } from "./port-properties.ts";
import { CHASSIS_SLOTS } from "./tokens.ts";

const VENDOR_INTEL = 0x8086;
const DEVICE_IOH_PORT = 0x3420;
const REVISION = 2;
const MESSAGES_AT = 0x60;
const EXPRESS_AT = 0x90;
/** PCI Local Bus Specification 3.0 §6.8.1.3: how many messages the guest has enabled, as a power of two. */
const MULTIPLE_MESSAGES = { mask: 0x70, two: 0x10 } as const;

const MODEL: PortModel = {
  vendorId: VENDOR_INTEL,
  stateName: "ioh-3240-express-root-port",
  deviceId: DEVICE_IOH_PORT,
  revision: REVISION,
  express: EXPRESS_AT,
  addMessages: (port: PciFunction): PciMsi =>
    port.addMsi({ vectors: 2, offset: MESSAGES_AT, bits64: false, perVectorMask: true }),
  // §17.12.5.10: with two messages the second is of errors.
  errorMessage: ({ config }: PciFunction): number =>
    (config.get16(MESSAGES_AT + 2) & MULTIPLE_MESSAGES.mask) === MULTIPLE_MESSAGES.two ? 1 : 0,
};

export const ioh3420Type = {
  name: "ioh3420",
  bus: "PCI",
  parent: "pcie-root-port-base",
  description: "Intel IOH device id 3420 PCIE Root Port",
  category: "bridge",
  properties: { ...portProperties },
} satisfies DeviceType;

@injectable()
export class Ioh3420Device implements Device {
  #port: ExpressRootPort | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof ioh3420Type.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(CHASSIS_SLOTS) private readonly slots: ChassisSlots,
    @inject(DEVICES) private readonly devices: Devices,
    @inject(CPUS) private readonly cpus: Cpus,
  ) {}

  realize(): void {
    if (!this.cpus.hasLocalApic) throw rootPortErrors.ROOT_PORT_PLAIN_MESSAGES();
    const { device, pci, slots, devices } = this;
    this.#port = new ExpressRootPort({ device, pci, slots, devices }, MODEL);
  }

  unplug(): void {
    this.#port?.unplug();
  }
}
