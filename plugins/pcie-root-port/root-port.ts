// The peer's generic PCI Express root port (1b36:000c).
import {
  DEVICE,
  DEVICES,
  inject,
  injectable,
  prop,
  type Device,
  type DeviceContext,
  type Devices,
  type DeviceType,
} from "backplane";
import {
  BRIDGE_REG,
  COMMAND,
  EXTENDED_CAPABILITY,
  PCI,
  REG,
  type LinkSpeed,
  type Pci,
  type PciFunction,
} from "backplane/plugins/pci/contract";
import { CPUS, type Cpus } from "backplane/plugins/x86-cpu/contract";
import type { ChassisSlots } from "./chassis.ts";
import { rootPortErrors } from "./errors.ts";
import { ExpressRootPort } from "./express-root-port.ts";
import { portProperties } from "./port-properties.ts";
import { addReserve } from "./reserve.ts";
import { CHASSIS_SLOTS } from "./tokens.ts";

const VENDOR_REDHAT = 0x1b36;
const DEVICE_ROOT_PORT = 0x000c;
/** Capabilities' places. */
const AT = { msix: 0x48, express: 0x54, accessControl: 0x148 } as const;
/** What the firmware keeps free for devices to come, where they come by ACPI. */
const DEFAULT_IO_RESERVE = 0x1000;
/** Source validation, blocking, redirection, upstream forwarding, direct translation (§7.7.8.2). */
const ACCESS_CONTROLS = 0x5f;
const ACCESS_CONTROL_REGISTER = 6;
const NO_RESERVE = 2 ** 64;

const onOff = { description: "on/off" };
const wish = () =>
  prop.absent(
    prop.custom<number | undefined>({
      type: "size",
      parse(value, name, owner, form) {
        const bytes = prop.size(undefined).parse(value, name, owner, form);
        return bytes === NO_RESERVE ? undefined : bytes;
      },
    }),
    0xffff_ffff_ffff_ffffn,
  );

export const rootPortType = {
  name: "pcie-root-port",
  bus: "PCI",
  parent: "pcie-root-port-base",
  description: "PCI Express Root Port",
  category: "bridge",
  properties: {
    "x-migrate-msix": prop.unmodelled(prop.bool(true, onOff)),
    "bus-reserve": prop.unsigned(32, 0xffffffff),
    "io-reserve": wish(),
    "mem-reserve": wish(),
    "pref32-reserve": wish(),
    "pref64-reserve": wish(),
    "x-speed": prop.choice("PCIELinkSpeed", ["2_5", "5", "8", "16", "32", "64"], "16", {
      description: "2_5/5/8/16/32/64",
    }),
    "x-width": prop.choice("PCIELinkWidth", ["1", "2", "4", "8", "12", "16", "32"], "32", {
      description: "1/2/4/8/12/16/32",
    }),
    ...portProperties,
  },
} satisfies DeviceType;

@injectable()
export class RootPort implements Device {
  #port: ExpressRootPort | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof rootPortType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(CHASSIS_SLOTS) private readonly slots: ChassisSlots,
    @inject(DEVICES) private readonly devices: Devices,
    @inject(CPUS) private readonly cpus: Cpus,
  ) {}

  realize(): void {
    const { device, pci, slots, devices } = this;
    const { properties } = device;
    if (!this.cpus.hasLocalApic) throw rootPortErrors.ROOT_PORT_MESSAGES();
    this.#port = new ExpressRootPort(
      { device, pci, slots, devices },
      {
        stateName: "pcie-root-port",
        vendorId: VENDOR_REDHAT,
        deviceId: DEVICE_ROOT_PORT,
        express: AT.express,
        link: { speed: properties["x-speed"] satisfies LinkSpeed, width: Number(properties["x-width"]) },
        addMessages: (port) => port.addMsix(1, 0, { offset: AT.msix }),
        finish: (port) => this.#finish(port),
        reset: ({ config }) => config.set16(AT.accessControl + ACCESS_CONTROL_REGISTER, 0),
      },
    );
  }

  unplug(): void {
    this.#port?.unplug();
  }

  #finish(port: PciFunction): void {
    const { properties } = this.device;
    if (!properties["disable-acs"]) addAccessControl(port);
    this.#addReserve(port);
    if (properties["io-reserve"] === 0) closeIoWindow(port);
  }

  #addReserve(port: PciFunction): void {
    const { properties } = this.device;
    const viaAcpi = properties.hotplug && properties["x-do-not-expose-native-hotplug-cap"];
    addReserve(port, {
      buses: properties["bus-reserve"] === 0xffffffff ? undefined : properties["bus-reserve"],
      io: properties["io-reserve"] ?? (viaAcpi ? DEFAULT_IO_RESERVE : undefined),
      memory: properties["mem-reserve"],
      prefetchable32: properties["pref32-reserve"],
      prefetchable64: properties["pref64-reserve"],
    });
  }
}

/** `io-reserve=0`: a port without an I/O window (§7.5.1.3.6), so that ports do not use up the little I/O space there is. */
function closeIoWindow({ config }: PciFunction): void {
  config.setWritable(REG.command, 2, config.writable(REG.command, 2) & ~COMMAND.io);
  config.setWritable(BRIDGE_REG.ioBase, 1, 0);
  config.setWritable(BRIDGE_REG.ioLimit, 1, 0);
}

function addAccessControl(port: PciFunction): void {
  const at = port.addExtendedCapability(EXTENDED_CAPABILITY.acs, 1, 8, AT.accessControl);
  port.config.set16(at + 4, ACCESS_CONTROLS);
  port.config.setWritable(at + ACCESS_CONTROL_REGISTER, 2, ACCESS_CONTROLS);
}
