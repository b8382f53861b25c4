// Hot-plug by the port's own slot registers: PCI Express Base Specification 4.0 §6.7. Used where ACPI does not take over.
import type { PciBus, PciFunction, PciHotplug, PciMsi } from "backplane/plugins/pci/contract";
import { EXPRESS_AT, EXPRESS_SLOT } from "backplane/plugins/pci/contract";
import { rootPortErrors } from "./errors.ts";

const STATUS = { attention: 0x01, presenceChanged: 0x08, present: 0x40 } as const;
const CONTROL = { attentionEnable: 0x01, presenceEnable: 0x08, interruptEnable: 0x20 } as const;

export class NativeHotplug implements PciHotplug {
  readonly name = "pcie-slot";
  #port: { readonly subject: PciFunction; readonly express: number; readonly messages: PciMsi } | undefined;

  /** The port exists by now. */
  connect(subject: PciFunction, express: number, messages: PciMsi): void {
    this.#port = { subject, express, messages };
  }

  refuses(bus: PciBus): string | undefined {
    return bus.bridge?.device.properties["hotplug"] === false
      ? rootPortErrors.ROOT_PORT_HOTPLUG(bus.name).message
      : undefined;
  }

  plugged(candidate: PciFunction): void {
    const port = this.#port;
    if (port === undefined) return;
    const { config } = port.subject;
    const at = port.express + EXPRESS_AT.slotStatus;
    config.set16(at, config.get16(at) | STATUS.present | (candidate.hotplugged ? STATUS.presenceChanged : 0));
    if (candidate.hotplugged) this.#notify(CONTROL.presenceEnable);
  }

  unplugged(candidate: PciFunction): void {
    const port = this.#port;
    if (port === undefined || candidate.bus.functions.length > 0) return;
    const { config } = port.subject;
    const at = port.express + EXPRESS_AT.slotStatus;
    config.set16(at, (config.get16(at) & ~STATUS.present) | STATUS.presenceChanged);
    this.#notify(CONTROL.presenceEnable);
  }

  unplugRequested(candidate: PciFunction): void {
    const refused = this.refuses(candidate.bus);
    if (refused !== undefined) throw rootPortErrors.ROOT_PORT_HOTPLUG(candidate.bus.name);
    const port = this.#port;
    if (port === undefined) return;
    const { config } = port.subject;
    const at = port.express + EXPRESS_AT.slotStatus;
    // The system is asked as by a press of the attention button; it answers by switching the slot's power off.
    config.set16(at, config.get16(at) | STATUS.attention);
    this.#notify(CONTROL.attentionEnable);
  }

  /** Whether the guest has switched the power of an occupied slot off, with the indicator off: the device may go. */
  isPoweredOff(): boolean {
    const port = this.#port;
    if (port === undefined) return false;
    const control = port.subject.config.get16(port.express + EXPRESS_AT.slotControl);
    return (control & EXPRESS_SLOT.powerOff) !== 0 && (control & 0x300) === 0x300;
  }

  #notify(enable: number): void {
    const port = this.#port;
    if (port === undefined) return;
    const control = port.subject.config.get16(port.express + EXPRESS_AT.slotControl);
    if ((control & CONTROL.interruptEnable) === 0 || (control & enable) === 0) return;
    if (port.messages.enabled) port.messages.send(0);
    else port.subject.interrupt.set(true);
  }
}
