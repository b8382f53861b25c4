// Hot-plug by the port's own slot registers: PCI Express Base Specification 4.0 §6.7. Used where ACPI does not take over.
import type { PciBus, PciFunction, PciHotplug, PciMsi } from "backplane/plugins/pci/contract";
import { EXPRESS_AT, EXPRESS_SLOT } from "backplane/plugins/pci/contract";
import { rootPortErrors } from "./errors.ts";

/** Slot status (§7.5.3.11). Slot control has the enabling bits of the events in the same places. */
const STATUS = { attention: 0x01, presenceChanged: 0x08, completed: 0x10, present: 0x40, interlocked: 0x80 } as const;
const EVENTS = STATUS.attention | STATUS.presenceChanged | STATUS.completed;
/** What a write of ones takes back: power faults and the latch are never reported. */
const CLEARABLE = EXPRESS_SLOT.events;
const CONTROL = {
  interruptEnable: 0x20,
  attentionIndicator: 0xc0,
  powerIndicator: 0x300,
  powerBlinks: 0x200,
  powerIndicatorOn: 0x100,
  powerIndicatorOff: 0x300,
  power: 0x400,
} as const;
/** Of the control register what a reset clears. */
const RESET_CONTROL = 0x39 | EXPRESS_SLOT.interlockToggle;

interface Port {
  readonly subject: PciFunction;
  readonly express: number;
  readonly messages: PciMsi;
  readonly hasPowerController: boolean;
  /** Takes the devices in the slot away; they leave one by one. */
  eject(): void;
}

export class NativeHotplug implements PciHotplug {
  readonly name = "pcie-slot";
  readonly patience = 5000;
  #port: Port | undefined;
  /** As they stood before the guest's present write. */
  #before = { control: 0, status: 0 };
  #notified = false;

  /** The port exists by now. */
  connect(port: Port): void {
    this.#port = port;
  }

  refuses(bus: PciBus): string | undefined {
    return bus.bridge?.device.properties["hotplug"] === false
      ? rootPortErrors.ROOT_PORT_HOTPLUG(bus.name).message
      : undefined;
  }

  plugged(candidate: PciFunction): void {
    this.#setStatus(this.#status | STATUS.present);
    // Functions come before function 0, which brings them all.
    if (candidate.hotplugged && candidate.number === 0) this.#happens(STATUS.presenceChanged | STATUS.attention);
    this.#remember();
  }

  unplugged(candidate: PciFunction): void {
    if (candidate.bus.functions.length > 0) return;
    this.#setStatus((this.#status & ~STATUS.present) | STATUS.presenceChanged);
    this.#notify();
    this.#remember();
  }

  unplugRequested(candidate: PciFunction): void {
    const refused = this.refuses(candidate.bus);
    if (refused !== undefined) throw rootPortErrors.ROOT_PORT_UNPLUG(candidate.bus.bridge?.device.id ?? "");
    const control = this.#control;
    if ((control & CONTROL.powerIndicator) === CONTROL.powerBlinks) throw rootPortErrors.ROOT_PORT_BUSY();
    const isUnseen = candidate.devfn !== 0 && candidate.bus.at(0) === undefined;
    // Nobody needs to be asked about a slot without power.
    if (isUnseen || isPoweredOff(control)) this.#port?.eject();
    // The system is asked as by a press of the attention button; it answers by switching the slot's power off.
    else this.#happens(STATUS.attention);
    this.#remember();
  }

  /** After the guest's write of `value`. */
  written(offset: number, size: number, value: number): void {
    const port = this.#port;
    if (port === undefined) return;
    const touches = (start: number): boolean => offset < start + 2 && start < offset + size;
    const before = this.#before;
    if (touches(port.express + EXPRESS_AT.slotStatus)) {
      // A system that clears what it has not seen would lose what happens meanwhile: as in the peer nothing is cleared.
      if ((value & ~before.status & CLEARABLE) !== 0)
        this.#setStatus((this.#status & ~CLEARABLE) | (before.status & CLEARABLE));
      this.#quieten();
    }
    if (touches(port.express + EXPRESS_AT.slotControl)) this.#commanded(port, value, before.control);
    this.#remember();
  }

  reset(): void {
    const port = this.#port;
    if (port === undefined) return;
    let control = (this.#control & ~RESET_CONTROL) | EXPRESS_SLOT.controlDefault;
    if (port.hasPowerController) {
      const isPopulated = port.subject.secondary?.at(0) !== undefined;
      control = isPopulated ? control & ~CONTROL.power : control | CONTROL.power;
    }
    port.subject.config.set16(port.express + EXPRESS_AT.slotControl, control);
    this.#setStatus(this.#status & ~(STATUS.interlocked | EVENTS));
    this.#quieten();
    this.#remember();
  }

  #commanded(port: Port, value: number, before: number): void {
    const { config } = port.subject;
    const control = this.#control;
    if ((control & EXPRESS_SLOT.interlockToggle) !== 0) {
      config.set16(port.express + EXPRESS_AT.slotControl, control & ~EXPRESS_SLOT.interlockToggle);
      this.#setStatus(this.#status ^ STATUS.interlocked);
    }
    const isPresent = (this.#status & STATUS.present) !== 0;
    // Who is off already stays: systems write the control of slots before they power them.
    if (isPresent && isPoweredOff(value) && !isPoweredOff(before)) port.eject();
    this.#notify();
    this.#happens(STATUS.completed);
  }

  get #status(): number {
    const port = this.#port;
    return port === undefined ? 0 : port.subject.config.get16(port.express + EXPRESS_AT.slotStatus);
  }

  get #control(): number {
    const port = this.#port;
    return port === undefined ? 0 : port.subject.config.get16(port.express + EXPRESS_AT.slotControl);
  }

  #setStatus(value: number): void {
    const port = this.#port;
    port?.subject.config.set16(port.express + EXPRESS_AT.slotStatus, value);
  }

  #remember(): void {
    this.#before = { control: this.#control, status: this.#status };
  }

  #happens(event: number): void {
    if ((this.#status & event) === event) return;
    this.#setStatus(this.#status | event);
    this.#notify();
  }

  get #isPending(): boolean {
    const control = this.#control;
    return (control & CONTROL.interruptEnable) !== 0 && (this.#status & control & EVENTS) !== 0;
  }

  #notify(): void {
    const port = this.#port;
    const pending = this.#isPending;
    if (port === undefined || pending === this.#notified) return;
    this.#notified = pending;
    if (!port.messages.enabled) port.subject.interrupt.set(pending);
    else if (pending) port.messages.send(0);
  }

  #quieten(): void {
    this.#notified = this.#isPending;
    const port = this.#port;
    if (!this.#notified && port?.messages.enabled === false) port.subject.interrupt.set(false);
  }
}

/** Without power, and the indicator says so. */
function isPoweredOff(control: number): boolean {
  return (control & CONTROL.power) !== 0 && (control & CONTROL.powerIndicator) === CONTROL.powerIndicatorOff;
}
