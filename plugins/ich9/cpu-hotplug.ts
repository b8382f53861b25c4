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
import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import { PORTS } from "./registers.ts";

const BITMAP_LENGTH = 32;
const BLOCK_LENGTH = 12;
const AT = { selector: 0x0, flags: 0x4, command: 0x5, data: 0x8 } as const;
const COMMAND = { nextWithEvent: 0, ostEvent: 1, ostStatus: 2, id: 3 } as const;
const ENABLED = 0x01;

interface OstReport {
  source: number;
  status: number;
}

export class CpuHotplug {
  readonly #io: MemoryRegion;
  readonly #cpus: Cpus;
  readonly #events: Events;
  readonly #bitmap: MemoryRegion;
  readonly #block: MemoryRegion;
  readonly #reports = new Map<number, OstReport>();
  #selector = 0;
  #command: number = COMMAND.nextWithEvent;

  constructor(regions: MemoryRegions, io: MemoryRegion, cpus: Cpus, events: Events) {
    this.#io = io;
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
    this.#block = regions.io("acpi-cpu-hotplug", byteLength(BLOCK_LENGTH), {
      valid: { min: 1, max: 4 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    });
    io.addSubregion(guestAddress(PORTS.cpuHotplug), this.#bitmap);
  }

  /** Whether the guest has changed over; it stays so across resets. */
  get isModern(): boolean {
    return this.#block.container !== undefined;
  }

  /** As `query-acpi-ospm-status` tells it; nothing before the guest has changed over. */
  status(): JsonObject[] {
    if (!this.isModern) return [];
    return this.#cpus.possible.map(({ index }) => {
      const { source, status } = this.#reports.get(index) ?? { source: 0, status: 0 };
      return { source, status, slot: String(index), "slot-type": "CPU" };
    });
  }

  #switch(): void {
    if (this.isModern) return;
    this.#io.removeSubregion(this.#bitmap);
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
    // Nothing can be plugged while the machine runs, so no event is ever pending.
    if (offset === AT.flags) return selected.present ? ENABLED : 0;
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
    if (offset === AT.command && value <= COMMAND.id) this.#command = value;
    if (offset === AT.data) this.#report(value);
  }

  /** What the system did with an event (_OST, ACPI 6.5 §6.3.5). */
  #report(value: number): void {
    const report = this.#reports.get(this.#selector) ?? { source: 0, status: 0 };
    this.#reports.set(this.#selector, report);
    if (this.#command === COMMAND.ostEvent) report.source = value;
    if (this.#command !== COMMAND.ostStatus) return;
    report.status = value;
    this.#events.emit("ACPI_DEVICE_OST", {
      info: { source: report.source, status: report.status, slot: String(this.#selector), "slot-type": "CPU" },
    });
  }
}
