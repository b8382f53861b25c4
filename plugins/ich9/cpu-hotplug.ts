// CPU hot-plug registers, as guests of the peer know them: docs/specs/acpi_cpu_hotplug of the peer. At first a bitmap of
// APIC ids; writing 0 to it brings the selector-based block.
import {
  byteLength,
  guestAddress,
  type Events,
  type JsonObject,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { CpuController, Cpus, PossibleCpu } from "backplane/plugins/x86-cpu/contract";
import { ich9Errors } from "./errors.ts";
import { PORTS } from "./registers.ts";

const BITMAP_LENGTH = 32;
const BLOCK_LENGTH = 12;
const AT = { selector: 0x0, flags: 0x4, command: 0x5, data: 0x8 } as const;
const COMMAND = { nextWithEvent: 0, ostEvent: 1, ostStatus: 2, id: 3 } as const;
const FLAG = { enabled: 0x01, inserting: 0x02, removing: 0x04, eject: 0x08, firmwareEject: 0x10 } as const;
/** APIC ids that the bitmap has bits for. */
const BITMAP_IDS = BITMAP_LENGTH * 8;
/** Features negotiated with the firmware: the interrupt goes to all processors, and it can deal with those that come and go. */
const SMI = { broadcast: 1 << 0, plug: 1 << 1, unplug: 1 << 2 } as const;

interface PlaceState {
  source: number;
  status: number;
  inserting: boolean;
  removing: boolean;
  firmwareEject: boolean;
}

/** What a migration carries. */
export interface CpuHotplugState {
  selector: number;
  command: number;
  places: CpuPlaceState[];
}
export interface CpuPlaceState {
  inserting: boolean;
  removing: boolean;
  source: number;
  status: number;
}

export function blankPlace(): PlaceState {
  return { source: 0, status: 0, inserting: false, removing: false, firmwareEject: false };
}

export interface CpuHotplugServices {
  readonly regions: MemoryRegions;
  readonly io: MemoryRegion;
  readonly cpus: Cpus;
  readonly events: Events;
  /** Tells the guest to look. */
  readonly notify: () => void;
  /** What the firmware has negotiated. */
  readonly smiFeatures: () => number;
}

export class CpuHotplug implements CpuController {
  readonly #io: MemoryRegion;
  readonly #cpus: Cpus;
  readonly #events: Events;
  readonly #bitmap: MemoryRegion;
  /** Made when the guest changes over, or at once where the bitmap cannot tell of all processors. */
  #block: MemoryRegion | undefined;
  readonly #makeBlock: () => MemoryRegion;
  readonly #notify: () => void;
  readonly #smiFeatures: () => number;
  readonly #states = new Map<number, PlaceState>();
  #selector = 0;
  #command: number = COMMAND.nextWithEvent;

  constructor({ regions, io, cpus, events, notify, smiFeatures }: CpuHotplugServices) {
    this.#io = io;
    this.#notify = notify;
    this.#smiFeatures = smiFeatures;
    this.#cpus = cpus;
    this.#events = events;
    this.#bitmap = regions.io("acpi-cpu-hotplug", byteLength(BITMAP_LENGTH), {
      valid: { min: 1, max: 4 },
      impl: { min: 1, max: 1 },
      read: (offset) => this.#present(offset),
      write: (offset, value) => {
        if (offset === 0 && value === 0) regions.transaction(() => this.#switch());
      },
    });
    this.#makeBlock = () =>
      regions.withOwner(this.#bitmap.owner, () =>
        regions.io("acpi-cpu-hotplug", byteLength(BLOCK_LENGTH), {
          valid: { min: 1, max: 4 },
          read: (offset) => this.#read(offset),
          write: (offset, value) => this.#write(offset, value),
        }),
      );
    const fits = cpus.possible.every(({ present, apicId }) => !present || apicId < BITMAP_IDS);
    io.addSubregion(guestAddress(PORTS.cpuHotplug), this.#bitmap);
    if (!fits) this.#switch();
  }

  /** Undefined while the guest knows the bitmap only, of which nothing is carried. */
  captureState(): CpuHotplugState | undefined {
    if (this.#block === undefined) return undefined;
    return {
      selector: this.#selector,
      command: this.#command,
      places: this.#cpus.possible.map((_place, index) => {
        const { inserting, removing, source, status } = this.#states.get(index) ?? blankPlace();
        return { inserting, removing, source, status };
      }),
    };
  }

  restoreState(state: CpuHotplugState | undefined): void {
    if (state === undefined) return;
    if (this.#block === undefined) this.#switch();
    this.#selector = state.selector;
    this.#command = state.command;
    for (const [index, place] of state.places.entries()) {
      this.#states.set(index, { ...blankPlace(), ...place });
    }
  }

  get places(): number {
    return this.#cpus.possible.length;
  }

  beforePlug(): void {
    const negotiated = this.#smiFeatures();
    if ((negotiated & SMI.broadcast) !== 0 && (negotiated & SMI.plug) === 0) throw ich9Errors.CPU_PLUG_SMI();
  }

  plugged({ index, apicId }: PossibleCpu, isHotplugged: boolean): void {
    if (!this.isModern && apicId >= BITMAP_IDS) this.#switch();
    if (this.isModern) {
      if (!isHotplugged) return;
      this.#state(index).inserting = true;
    }
    this.#notify();
  }

  requestUnplug({ index }: PossibleCpu, typeName: string): void {
    if (!this.isModern) throw ich9Errors.UNPLUG_UNSUPPORTED(typeName);
    const negotiated = this.#smiFeatures();
    if ((negotiated & SMI.broadcast) !== 0 && (negotiated & SMI.unplug) === 0) throw ich9Errors.CPU_UNPLUG_SMI();
    this.#state(index).removing = true;
    this.#notify();
  }

  /** Whether the guest has changed over; it stays so across resets. */
  get isModern(): boolean {
    return this.#block !== undefined;
  }

  /** As `query-acpi-ospm-status` tells it; nothing before the guest has changed over. */
  status(): JsonObject[] {
    if (!this.isModern) return [];
    return this.#cpus.possible.map((cpu) => this.#ost(cpu));
  }

  #ost({ index, id }: PossibleCpu): JsonObject {
    const { source = 0, status = 0 } = this.#states.get(index) ?? {};
    return { ...(id === undefined ? {} : { device: id }), source, status, slot: String(index), "slot-type": "CPU" };
  }

  #state(index: number): PlaceState {
    const known = this.#states.get(index);
    if (known !== undefined) return known;
    const state = { source: 0, status: 0, inserting: false, removing: false, firmwareEject: false };
    this.#states.set(index, state);
    return state;
  }

  #switch(): void {
    if (this.isModern) return;
    this.#io.removeSubregion(this.#bitmap);
    this.#block = this.#makeBlock();
    this.#io.addSubregion(guestAddress(PORTS.cpuHotplug), this.#block);
  }

  #present(offset: number): number {
    let byte = 0;
    for (const { apicId, present } of this.#cpus.possible) {
      if (present && apicId >> 3 === offset) byte |= 1 << (apicId & 7);
    }
    return byte;
  }

  #read(offset: number): number {
    const selected = this.#cpus.possible[this.#selector];
    if (selected === undefined) return 0;
    if (offset === AT.flags) return this.#flags(selected);
    if (offset !== AT.data) return 0;
    if (this.#command === COMMAND.id) return selected.apicId;
    return this.#command === COMMAND.nextWithEvent ? this.#selector : 0;
  }

  #write(offset: number, value: number): void {
    if (offset === AT.selector) {
      this.#selector = value;
      return;
    }
    if (this.#cpus.possible[this.#selector] === undefined) return;
    if (offset === AT.flags) this.#change(value);
    if (offset === AT.command && value <= COMMAND.id) {
      this.#command = value;
      if (value === COMMAND.nextWithEvent) this.#selectNext();
    }
    if (offset === AT.data) this.#report(value);
  }

  #flags({ index, present }: PossibleCpu): number {
    const state = this.#states.get(index);
    return (
      (present ? FLAG.enabled : 0) |
      (state?.inserting === true ? FLAG.inserting : 0) |
      (state?.removing === true ? FLAG.removing : 0) |
      (state?.firmwareEject === true ? FLAG.firmwareEject : 0)
    );
  }

  /** Events are cleared one at a time; the first processor stays whatever is written. */
  #change(value: number): void {
    const selected = this.#cpus.possible[this.#selector];
    if (selected === undefined) return;
    const state = this.#state(selected.index);
    const canGo = selected.present && selected.index !== 0;
    if ((value & FLAG.inserting) !== 0) state.inserting = false;
    else if ((value & FLAG.removing) !== 0) state.removing = false;
    else if ((value & FLAG.eject) !== 0 && canGo) {
      state.firmwareEject = false;
      this.#cpus.remove(selected);
    } else if ((value & (FLAG.eject | FLAG.firmwareEject)) === FLAG.firmwareEject && canGo) state.firmwareEject = true;
  }

  /** The selected place, or the next one behind it, that has something to tell. */
  #selectNext(): void {
    const count = this.#cpus.possible.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#selector + step) % count;
      const state = this.#states.get(index);
      if (state === undefined || !(state.inserting || state.removing || state.firmwareEject)) continue;
      this.#selector = index;
      return;
    }
  }

  /** What the system did with an event (_OST, ACPI 6.5 §6.3.5). */
  #report(value: number): void {
    const selected = this.#cpus.possible[this.#selector];
    if (selected === undefined) return;
    const state = this.#state(selected.index);
    if (this.#command === COMMAND.ostEvent) state.source = value;
    if (this.#command !== COMMAND.ostStatus) return;
    state.status = value;
    this.#events.emit("ACPI_DEVICE_OST", { info: this.#ost(selected) });
  }
}
