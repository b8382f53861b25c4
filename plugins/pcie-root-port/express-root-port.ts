// PCI Express root port: PCI Express Base Specification 4.0 §7.5. What all ports have in common; a model says the rest.
import type { DeviceContext, Devices } from "backplane";
import {
  addErrorReporting,
  addExpress,
  BRIDGE_CONTROL,
  BRIDGE_REG,
  CAPABILITY,
  CLASS,
  EXPRESS_AT,
  linkStatus,
  REG,
  type LinkOptions,
  type Pci,
  type PciDeviceState,
  type PciFunction,
  type PciMsi,
  type PciMsix,
} from "backplane/plugins/pci/contract";
import type { ChassisSlots } from "./chassis.ts";
import { rootPortErrors } from "./errors.ts";
import { NativeHotplug } from "./native-hotplug.ts";
import type { portProperties } from "./port-properties.ts";

const SUBSYSTEM_AT = 0x40;
const ERRORS_AT = 0x100;
const LARGEST_ERROR_LOG = 128;
/** §7.8.4.9 and §7.8.4.10, with the number of the message that tells of errors. */
const ROOT_ERROR = { command: 0x2c, status: 0x30 } as const;
const MESSAGE_SHIFT = 27;

/** What a migration carries of a port. */
export interface PortState {
  readonly pci: PciDeviceState;
  /** The errors that wait for being read: there are none, in a log of so many. */
  logged: number;
  readonly logSize: number;
  /** The table of vectors, where the port has one. */
  readonly vectors: Uint8Array;
}

export interface PortModel {
  /** The peer's name of the port's state. */
  readonly stateName: string;
  readonly vendorId: number;
  readonly deviceId: number;
  readonly revision?: number;
  /** Where the Express capability stands. */
  readonly express: number;
  /** Default 2.5 GT/s, one lane. */
  readonly link?: LinkOptions;
  addMessages(port: PciFunction): PciMsi | PciMsix;
  /** Of the messages that the guest has enabled, the one that tells of errors; absent: always the first. */
  errorMessage?(port: PciFunction): number;
  /** The capabilities that only this model has. */
  finish?(port: PciFunction): void;
  reset?(port: PciFunction): void;
}

export interface PortParts {
  readonly device: DeviceContext<typeof portProperties>;
  readonly pci: Pci;
  readonly slots: ChassisSlots;
  readonly devices: Devices;
}

export class ExpressRootPort {
  readonly #hotplug = new NativeHotplug();
  readonly #parts: PortParts;
  readonly #model: PortModel;
  readonly #port: PciFunction;
  readonly #vectors: PciMsix | undefined;

  constructor(parts: PortParts, model: PortModel) {
    this.#parts = parts;
    this.#model = model;
    const { device, pci, slots } = parts;
    const { properties } = device;
    if (properties.aer_log_max > LARGEST_ERROR_LOG) throw rootPortErrors.ROOT_PORT_AER_LOG(properties.aer_log_max);
    const port = pci.plug({
      device,
      vendorId: model.vendorId,
      deviceId: model.deviceId,
      ...(model.revision === undefined ? {} : { revision: model.revision }),
      classId: CLASS.pciBridge,
      interruptPin: 1,
      express: true,
      bridge: { express: true, singleSlot: true, hotplug: this.#hotplug, stateName: model.stateName },
      configReading: (offset) => this.#refreshLink(offset),
      configWritten: (offset, size, value) => {
        this.#numberMessages();
        this.#hotplug.written(offset, size, value);
      },
      reset: () => this.#reset(),
    });
    this.#port = port;
    fixBridgeRegisters(port);
    const subsystem = port.addCapability(CAPABILITY.subsystem, 8, SUBSYSTEM_AT);
    port.config.set16(subsystem + 4, model.vendorId);
    const messages = model.addMessages(port);
    this.#addExpress();
    device.own(slots.take(properties.chassis, properties.slot));
    addErrorReporting(port, ERRORS_AT, { multipleHeaders: true, root: true });
    this.#numberMessages();
    model.finish?.(port);
    this.#vectors = "captureState" in messages ? messages : undefined;
    const hasVectors = this.#vectors !== undefined;
    device.carry({
      kind: "captured",
      idstr: `${port.path}/${model.stateName}`,
      version: 1,
      // What is behind a bridge is loaded when the bridge is.
      priority: 1,
      description: async () => (await import("./late/port-state.ts")).portState(model.stateName, hasVectors),
      capture: () => this.#captureState(),
      restore: (state) => this.#restoreState(state),
    });
    this.#hotplug.connect({
      subject: port,
      express: model.express,
      messages,
      hasPowerController: properties.power_controller_present,
      eject: () => this.#eject(),
    });
  }

  unplug(): void {
    this.#port.requestUnplug();
  }

  #captureState(): PortState {
    this.#refreshLink(this.#model.express + EXPRESS_AT.linkStatus);
    return {
      pci: this.#port.captureState(),
      logged: 0,
      logSize: this.#parts.device.properties.aer_log_max,
      vectors: this.#vectors?.captureState() ?? new Uint8Array(0),
    };
  }

  #restoreState({ pci, vectors }: PortState): void {
    this.#vectors?.restoreState(vectors);
    this.#port.restoreState(pci);
  }

  #addExpress(): void {
    const { properties } = this.#parts.device;
    const native = properties.hotplug && !properties["x-do-not-expose-native-hotplug-cap"];
    const { express, link } = this.#model;
    addExpress(this.#port, {
      type: "rootPort",
      offset: express,
      port: properties.port,
      ...(link === undefined ? {} : { link }),
      slot: { number: properties.slot, hotplug: native, powerController: properties.power_controller_present },
      extendedTags: properties["x-pcie-ext-tag"],
    });
  }

  #numberMessages(): void {
    const number = this.#model.errorMessage?.(this.#port);
    if (number === undefined) return;
    const { config } = this.#port;
    const at = ERRORS_AT + ROOT_ERROR.status;
    config.set32(at, ((config.get32(at) & (2 ** MESSAGE_SHIFT - 1)) | (number << MESSAGE_SHIFT)) >>> 0);
  }

  /** The link's status is what both ends agree on. */
  #refreshLink(offset: number): void {
    const at = this.#model.express + EXPRESS_AT.linkStatus;
    if (offset > at + 1 || offset + 4 <= at) return;
    this.#port.config.set16(at, linkStatus(this.#port, this.#port.secondary?.at(0)));
  }

  /** The slot's power is off, and its devices go. With ACPI in charge that power has no meaning for them. */
  #eject(): void {
    const bus = this.#port.secondary;
    if (bus?.hotplug !== this.#hotplug) return;
    const { device, devices } = this.#parts;
    for (const { device: context } of bus.functions.filter((occupant) => occupant.hotpluggable)) {
      const instance = devices.all().find((candidate) => candidate.context === context);
      if (instance === undefined) continue;
      devices.remove(instance).catch((error: unknown) => device.log.error("removal failed", { error }));
    }
  }

  #reset(): void {
    const { config } = this.#port;
    // Windows that end before they begin: nothing is forwarded.
    config.set8(BRIDGE_REG.ioBase, config.get8(BRIDGE_REG.ioBase) | 0xf0);
    for (const base of [BRIDGE_REG.memoryBase, BRIDGE_REG.prefetchBase])
      config.set16(base, config.get16(base) | 0xfff0);
    config.set32(ERRORS_AT + ROOT_ERROR.command, 0);
    this.#numberMessages();
    this.#model.reset?.(this.#port);
    this.#hotplug.reset();
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
