// ACPI PCI hot-plug registers: docs/specs/acpi_pci_hotplug of the peer. Buses that were there at the start get a number
// (BSEL) at the first reset; devices on them come and go with the guest's help.
import { byteLength, guestAddress, type Devices, type Logger, type MemoryRegion, type MemoryRegions } from "backplane";
import type { PciBus, PciFunction, PciHotplug } from "backplane/plugins/pci/contract";
import { ich9Errors } from "./errors.ts";
import { PORTS } from "./registers.ts";

export const PCI_HOTPLUG_LENGTH = 0x18;
const AT = { up: 0x00, down: 0x04, eject: 0x08, removable: 0x0c, select: 0x10, acpiIndex: 0x14 } as const;
const LAST_SELECTOR = 255;

interface BusState {
  up: number;
  down: number;
  removable: number;
}

/** What a migration carries: of each bus what was told and is not taken note of yet. */
export interface PciHotplugState {
  select: number;
  acpiIndex: number;
  buses: PciHotplugBusState[];
}
export interface PciHotplugBusState {
  up: number;
  down: number;
}

export interface PciHotplugServices {
  readonly regions: MemoryRegions;
  readonly io: MemoryRegion;
  readonly devices: Devices;
  readonly log: Logger;
  /** Tells the guest that something happened. */
  notify(): void;
}

export class AcpiPciHotplug implements PciHotplug {
  readonly name = "ICH9-LPC";
  readonly patience = 0;
  readonly #services: PciHotplugServices;
  readonly #root: PciBus;
  readonly #numbers = new Map<PciBus, number>();
  readonly #states = new Map<number, BusState>();
  #select = 0;
  #acpiIndex = 0;
  #numbered = false;

  constructor(services: PciHotplugServices, root: PciBus) {
    this.#services = services;
    this.#root = root;
    const region = services.regions.io("acpi-pci-hotplug", byteLength(PCI_HOTPLUG_LENGTH), {
      valid: { min: 4, max: 4 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    });
    services.io.addSubregion(guestAddress(PORTS.pciHotplug), region);
  }

  selectorOf(bus: PciBus): number | undefined {
    return this.#numbers.get(bus);
  }

  captureState(): PciHotplugState {
    return {
      select: this.#select,
      acpiIndex: this.#acpiIndex,
      buses: Array.from({ length: LAST_SELECTOR + 1 }, (_, number) => {
        const { up, down } = this.#states.get(number) ?? { up: 0, down: 0 };
        return { up, down };
      }),
    };
  }

  restoreState({ select, acpiIndex, buses }: PciHotplugState): void {
    this.#select = select;
    this.#acpiIndex = acpiIndex;
    for (const [number, { up, down }] of buses.entries()) {
      if (up === 0 && down === 0 && !this.#states.has(number)) continue;
      Object.assign(this.#state(number), { up, down });
    }
  }

  /** Takes the hot-plug of a bridge that was there at the start over from the bridge itself. */
  adopt(bridge: PciFunction): void {
    const { secondary } = bridge;
    if (secondary === undefined || bridge.hotplugged) return;
    // A port with `hotplug=off` has nobody to handle hot-plug, and gets nobody.
    const isPort = bridge.device.properties["hotplug"] !== undefined;
    secondary.setHotplug(isPort && bridge.device.properties["hotplug"] === false ? undefined : this);
  }

  refuses(bus: PciBus): string | undefined {
    return this.#numbers.has(bus) ? undefined : ich9Errors.PCI_HOTPLUG_BUS().message;
  }

  plugged(candidate: PciFunction): void {
    if (!candidate.hotplugged) return;
    const state = this.#stateOf(candidate.bus);
    if (state === undefined) return;
    state.up = (state.up | (1 << candidate.slot)) >>> 0;
    this.#services.notify();
  }

  unplugRequested(candidate: PciFunction): void {
    const state = this.#stateOf(candidate.bus);
    if (state === undefined) throw ich9Errors.PCI_HOTPLUG_BUS();
    state.down = (state.down | (1 << candidate.slot)) >>> 0;
    this.#services.notify();
  }

  reset(): void {
    if (!this.#numbered) this.#number();
    this.#numbered = true;
    for (const [bus, number] of this.#numbers) {
      const state = this.#state(number);
      for (let slot = 0; slot < 32; slot++) if ((state.down & (1 << slot)) !== 0) this.#eject(bus, state, slot);
      state.removable = 0xffffffff;
      for (const occupant of bus.functions) {
        if (!isRemovable(occupant)) state.removable = (state.removable & ~(1 << occupant.slot)) >>> 0;
      }
    }
  }

  /** Depth first, each bus before those behind its bridges, in the order of the peer's lists: the youngest bridge first. */
  #number(): void {
    let next = 0;
    const visit = (bus: PciBus): void => {
      if (bus.hotplug !== undefined && bus.bridge?.hotplugged !== true) this.#numbers.set(bus, next++);
      for (const child of bus.children) visit(child);
    };
    visit(this.#root);
  }

  #stateOf(bus: PciBus): BusState | undefined {
    const number = this.#numbers.get(bus);
    return number === undefined ? undefined : this.#state(number);
  }

  #state(number: number): BusState {
    const state = this.#states.get(number) ?? { up: 0, down: 0, removable: 0xffffffff };
    this.#states.set(number, state);
    return state;
  }

  get #selected(): { readonly bus: PciBus | undefined; readonly state: BusState } | undefined {
    if (this.#select > LAST_SELECTOR) return undefined;
    const bus = [...this.#numbers].find(([, number]) => number === this.#select)?.[0];
    return { bus, state: this.#state(this.#select) };
  }

  #read(offset: number): number {
    const state = this.#selected?.state;
    if (state === undefined) return 0;
    switch (offset) {
      case AT.up: {
        const { up } = state;
        state.up = 0;
        return up;
      }
      case AT.down:
        return state.down;
      case AT.removable:
        return state.removable;
      case AT.select:
        return this.#select;
      case AT.acpiIndex: {
        const index = this.#acpiIndex;
        this.#acpiIndex = 0;
        return index;
      }
      default:
        return 0;
    }
  }

  #write(offset: number, value: number): void {
    this.#acpiIndex = 0;
    const selected = this.#selected;
    switch (offset) {
      case AT.select:
        this.#select = value;
        return;
      case AT.acpiIndex:
        this.#acpiIndex =
          selected?.bus?.functions.find((occupant) => occupant.slot === lowestBit(value))?.acpiIndex ?? 0;
        return;
      case AT.eject:
        if (selected?.bus !== undefined) this.#eject(selected.bus, selected.state, lowestBit(value));
        return;
      default:
    }
  }

  #eject(bus: PciBus, state: BusState, slot: number): void {
    if (slot > 31) return;
    const { devices, log } = this.#services;
    state.down = (state.down & ~(1 << slot)) >>> 0;
    state.up = (state.up & ~(1 << slot)) >>> 0;
    const leaving = bus.functions.filter((occupant) => occupant.slot === slot && isRemovable(occupant));
    for (const { device } of leaving) {
      const instance = devices.all().find((candidate) => candidate.context === device);
      if (instance === undefined) continue;
      devices
        .remove(instance)
        .catch((error: unknown) => log.error("an ejected PCI device could not be removed", { error }));
    }
  }
}

/** A bridge that was there at the start stays; one that came later may go. */
function isRemovable(occupant: PciFunction): boolean {
  return occupant.hotpluggable && (occupant.secondary === undefined || occupant.hotplugged);
}

function lowestBit(bits: number): number {
  return bits === 0 ? 32 : 31 - Math.clz32(bits & -bits);
}
