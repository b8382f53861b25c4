// PCI Express root port: PCI Express Base Specification 4.0 §7.5; the peer's generic port (1b36:000c).
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
  addErrorReporting,
  addExpress,
  BRIDGE_CONTROL,
  BRIDGE_REG,
  CAPABILITY,
  CLASS,
  COMMAND,
  EXPRESS_AT,
  EXPRESS_SLOT,
  EXTENDED_CAPABILITY,
  linkStatus,
  PCI,
  pciProperties,
  REG,
  type LinkSpeed,
  type Pci,
  type PciFunction,
} from "backplane/plugins/pci/contract";
import type { ChassisSlots } from "./chassis.ts";
import { rootPortErrors } from "./errors.ts";
import { NativeHotplug } from "./native-hotplug.ts";
import { addReserve } from "./reserve.ts";
import { CHASSIS_SLOTS } from "./tokens.ts";

const VENDOR_REDHAT = 0x1b36;
const DEVICE_ROOT_PORT = 0x000c;
/** Capabilities' places. */
const AT = { subsystem: 0x40, msix: 0x48, express: 0x54, errors: 0x100, accessControl: 0x148 } as const;
const LARGEST_ERROR_LOG = 128;
/** What the firmware keeps free for devices to come, where they come by ACPI. */
const DEFAULT_IO_RESERVE = 0x1000;
/** Source validation, blocking, redirection, upstream forwarding, direct translation (§7.7.8.2). */
const ACCESS_CONTROLS = 0x5f;
const NO_RESERVE = 2 ** 64;

const onOff = { description: "on/off" };
const wish = () =>
  prop.custom<number | undefined>({
    type: "size",
    parse(value, name, owner, form) {
      const bytes = prop.size(undefined).parse(value, name, owner, form);
      return bytes === NO_RESERVE ? undefined : bytes;
    },
  });

export const rootPortType = {
  name: "pcie-root-port",
  bus: "PCI",
  description: "PCI Express Root Port",
  category: "bridge",
  properties: {
    port: prop.unsigned(8, 0),
    aer_log_max: prop.unsigned(16, 8),
    chassis: prop.unsigned(8, 0),
    slot: prop.unsigned(16, 0),
    hotplug: prop.bool(true, onOff),
    "x-do-not-expose-native-hotplug-cap": prop.bool(false, onOff),
    power_controller_present: prop.bool(true, onOff),
    "disable-acs": prop.bool(false, onOff),
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
    ...pciProperties,
  },
} satisfies DeviceType;

@injectable()
export class RootPort implements Device {
  readonly #hotplug = new NativeHotplug();
  #port: PciFunction | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof rootPortType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(CHASSIS_SLOTS) private readonly slots: ChassisSlots,
    @inject(DEVICES) private readonly devices: Devices,
  ) {}

  realize(): void {
    const { device } = this;
    const { properties } = device;
    if (properties.aer_log_max > LARGEST_ERROR_LOG) throw rootPortErrors.ROOT_PORT_AER_LOG(properties.aer_log_max);
    const port = this.pci.plug({
      device,
      vendorId: VENDOR_REDHAT,
      deviceId: DEVICE_ROOT_PORT,
      classId: CLASS.pciBridge,
      interruptPin: 1,
      express: true,
      bridge: { express: true, singleSlot: true, hotplug: this.#hotplug },
      configReading: (offset) => this.#refreshLink(offset),
      configWritten: (offset, size) => this.#written(offset, size),
      reset: () => this.#reset(),
    });
    this.#port = port;
    fixBridgeRegisters(port);
    const subsystem = port.addCapability(CAPABILITY.subsystem, 8, AT.subsystem);
    port.config.set16(subsystem + 4, VENDOR_REDHAT);
    const messages = port.addMsix(1, 0, { offset: AT.msix });
    this.#addExpress(port);
    device.own(this.slots.take(properties.chassis, properties.slot));
    addErrorReporting(port, AT.errors, { multipleHeaders: true, root: true });
    if (!properties["disable-acs"]) addAccessControl(port);
    this.#addReserve(port);
    if (properties["io-reserve"] === 0) closeIoWindow(port);
    this.#hotplug.connect(port, AT.express, messages);
  }

  unplug(): void {
    this.#port?.requestUnplug();
  }

  #addExpress(port: PciFunction): void {
    const { properties } = this.device;
    const native = properties.hotplug && !properties["x-do-not-expose-native-hotplug-cap"];
    addExpress(port, {
      type: "rootPort",
      offset: AT.express,
      port: properties.port,
      link: { speed: properties["x-speed"] satisfies LinkSpeed, width: Number(properties["x-width"]) },
      slot: { number: properties.slot, hotplug: native, powerController: properties.power_controller_present },
      extendedTags: properties["x-pcie-ext-tag"],
    });
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

  /** The link's status is what both ends agree on. */
  #refreshLink(offset: number): void {
    const port = this.#port;
    const at = AT.express + EXPRESS_AT.linkStatus;
    if (port === undefined || offset > at + 1 || offset + 4 <= at) return;
    port.config.set16(at, linkStatus(port, port.secondary?.at(0)));
  }

  #written(offset: number, size: number): void {
    const at = AT.express + EXPRESS_AT.slotControl;
    if (offset >= at + 2 || at >= offset + size || !this.#hotplug.isPoweredOff()) return;
    // With ACPI in charge the port's power has no meaning for what is plugged.
    const bus = this.#port?.secondary;
    if (bus?.hotplug !== this.#hotplug) return;
    for (const { device } of bus.functions.filter((occupant) => occupant.hotpluggable)) {
      const instance = this.devices.all().find((candidate) => candidate.context === device);
      if (instance === undefined) continue;
      this.devices.remove(instance).catch((error: unknown) => device.log.error("removal failed", { error }));
    }
  }

  #reset(): void {
    const port = this.#port;
    if (port === undefined) return;
    const { config } = port;
    // Windows that end before they begin: nothing is forwarded.
    config.set8(BRIDGE_REG.ioBase, config.get8(BRIDGE_REG.ioBase) | 0xf0);
    for (const base of [BRIDGE_REG.memoryBase, BRIDGE_REG.prefetchBase])
      config.set16(base, config.get16(base) | 0xfff0);
    const isEmpty = port.secondary?.functions.length === 0;
    const control =
      EXPRESS_SLOT.controlDefault |
      (isEmpty && this.device.properties.power_controller_present ? EXPRESS_SLOT.powerOff : 0);
    config.set16(AT.express + EXPRESS_AT.slotControl, control);
  }
}

/** An Express port has fewer bits than a conventional bridge (§7.5.1.3). */
function fixBridgeRegisters({ config }: PciFunction): void {
  config.set16(REG.status, config.get16(REG.status) & 0x0010);
  config.set16(BRIDGE_REG.secondaryStatus, 0);
  const { parity, serr, isa, vga, vga16, busReset } = BRIDGE_CONTROL;
  config.setWritable(BRIDGE_REG.control, 2, parity | serr | isa | vga | vga16 | busReset);
  config.setClearable(BRIDGE_REG.control, 2, 0);
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
  port.config.setWritable(at + 6, 2, ACCESS_CONTROLS);
}
