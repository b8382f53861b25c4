// Memory hot-plug registers: docs/specs/acpi_mem_hotplug of the peer.
import {
  byteLength,
  guestAddress,
  type Devices,
  type Events,
  type JsonObject,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { MemoryDevice, MemoryDevices } from "backplane/plugins/pc-dimm/contract";
import { PORTS } from "./registers.ts";

export const MEMORY_HOTPLUG_LENGTH = 24;
const AT = { addressLow: 0x00, addressHigh: 0x04, sizeLow: 0x08, sizeHigh: 0x0c, node: 0x10, flags: 0x14 } as const;
/** Written at the places of the address. */
const WRITE_AT = { selector: 0x00, ostEvent: 0x04, ostStatus: 0x08, flags: 0x14 } as const;
const FLAG = { enabled: 0x01, inserting: 0x02, removing: 0x04, eject: 0x08 } as const;
const FOUR_GIB = 2 ** 32;

interface SlotState {
  inserting: boolean;
  removing: boolean;
  source: number;
  status: number;
}

/** What a migration carries; a slot's removal that the guest has not seen yet is not among it. */
export interface MemoryHotplugState {
  selector: number;
  slots: MemorySlotState[];
}
export interface MemorySlotState {
  enabled: boolean;
  inserting: boolean;
  source: number;
  status: number;
}

export interface MemoryHotplugServices {
  readonly regions: MemoryRegions;
  readonly io: MemoryRegion;
  readonly memory: MemoryDevices;
  readonly devices: Devices;
  readonly events: Events;
  readonly log: Logger;
}

export class MemoryHotplug {
  readonly #services: MemoryHotplugServices;
  readonly #slots: readonly SlotState[];
  #selector = 0;

  constructor(services: MemoryHotplugServices) {
    const { regions, io, memory } = services;
    this.#services = services;
    this.#slots = Array.from({ length: memory.slots }, () => ({
      inserting: false,
      removing: false,
      source: 0,
      status: 0,
    }));
    const region = regions.io("acpi-mem-hotplug", byteLength(MEMORY_HOTPLUG_LENGTH), {
      valid: { min: 1, max: 4 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    });
    io.addSubregion(guestAddress(PORTS.memoryHotplug), region);
  }

  captureState(): MemoryHotplugState {
    return {
      selector: this.#selector,
      slots: this.#slots.map(({ inserting, source, status }, index) => ({
        enabled: this.#deviceIn(index) !== undefined,
        inserting,
        source,
        status,
      })),
    };
  }

  restoreState({ selector, slots }: MemoryHotplugState): void {
    this.#selector = selector;
    for (const [index, slot] of this.#slots.entries()) {
      const loaded = slots[index];
      if (loaded === undefined) continue;
      slot.inserting = loaded.inserting;
      slot.source = loaded.source;
      slot.status = loaded.status;
    }
  }

  /** A device came while the machine runs: the guest will look. */
  inserted(device: MemoryDevice): void {
    const slot = this.#slots[device.slot];
    if (slot !== undefined) slot.inserting = true;
  }

  /** The host's user wants a device gone: the guest will look. */
  unplugRequested(device: MemoryDevice): void {
    const slot = this.#slots[device.slot];
    if (slot !== undefined) slot.removing = true;
  }

  /** What the guest's system said of the slots, as `query-acpi-ospm-status` tells it. */
  status(): JsonObject[] {
    return this.#slots.map(({ source, status }, index) => {
      const device = this.#deviceIn(index);
      return {
        ...(device?.id === undefined ? {} : { device: device.id }),
        source,
        status,
        slot: String(index),
        "slot-type": "DIMM",
      };
    });
  }

  get #selected(): { readonly slot: SlotState; readonly device: MemoryDevice | undefined } | undefined {
    const slot = this.#slots[this.#selector];
    if (slot === undefined) return undefined;
    return { slot, device: this.#deviceIn(this.#selector) };
  }

  /** NVDIMMs are told of by other means (ACPI 6.5 §9.19): to these registers their slots are empty. */
  #deviceIn(slot: number): MemoryDevice | undefined {
    return this.#services.memory.all().find((candidate) => candidate.slot === slot && candidate.kind !== "nvdimm");
  }

  #read(offset: number): number {
    const selected = this.#selected;
    if (selected === undefined) return 0;
    const { slot, device } = selected;
    switch (offset) {
      case AT.addressLow:
        return (device?.address ?? 0) % FOUR_GIB;
      case AT.addressHigh:
        return Math.floor((device?.address ?? 0) / FOUR_GIB);
      case AT.sizeLow:
        return (device?.size ?? 0) % FOUR_GIB;
      case AT.sizeHigh:
        return Math.floor((device?.size ?? 0) / FOUR_GIB);
      case AT.node:
        return device?.node ?? 0;
      case AT.flags:
        return (
          (device === undefined ? 0 : FLAG.enabled) |
          (slot.inserting ? FLAG.inserting : 0) |
          (slot.removing ? FLAG.removing : 0)
        );
      default:
        return 0xffff_ffff;
    }
  }

  #write(offset: number, value: number): void {
    if (offset === WRITE_AT.selector) {
      this.#selector = value;
      if (value >= this.#slots.length)
        this.#services.log.warn("the guest selects a memory slot that does not exist", { slot: value });
      return;
    }
    const selected = this.#selected;
    if (selected === undefined) return;
    const { slot, device } = selected;
    switch (offset) {
      case WRITE_AT.ostEvent:
        slot.source = value;
        return;
      case WRITE_AT.ostStatus:
        slot.status = value;
        this.#services.events.emit("ACPI_DEVICE_OST", {
          info: {
            ...(device?.id === undefined ? {} : { device: device.id }),
            source: slot.source,
            status: slot.status,
            slot: String(this.#selector),
            "slot-type": "DIMM",
          },
        });
        return;
      case WRITE_AT.flags:
        if ((value & FLAG.inserting) !== 0) slot.inserting = false;
        else if ((value & FLAG.removing) !== 0) slot.removing = false;
        else if ((value & FLAG.eject) !== 0) this.#eject(device);
        return;
      default:
    }
  }

  /** Events that the guest has not taken back by then stay with the slot. */
  #eject(device: MemoryDevice | undefined): void {
    const { devices, log } = this.#services;
    const instance = devices.all().find((candidate) => candidate.context.path === device?.path);
    if (instance === undefined) {
      log.warn("the guest ejects an empty memory slot", { slot: this.#selector });
      return;
    }
    devices
      .remove(instance)
      .catch((error: unknown) => log.error("an ejected memory device could not be removed", { error }));
  }
}
