import { suggest } from "../config/suggest.ts";
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import { Registry } from "../registry.ts";
import { machineErrors } from "./errors.ts";

/** Where devices are plugged. The plugin that owns the bus keeps the slots; core finds the bus for a device. */
export interface Bus {
  /** `pcie.0`, `isa.0`, `rp0`. */
  readonly name: string;
  /** What a device may ask for to be put here: a PCI Express bus takes `PCI` devices as well. The first is the bus's own type. */
  readonly kinds: readonly string[];
  /** False when there is no room; a device without `bus=` goes on to the next one. */
  readonly hasRoom: boolean;
  /** Why nothing can be plugged here (now), in the peer's words; undefined when it can. */
  refuses?(hotplug: boolean): string | undefined;
}

export interface Buses {
  add(bus: Bus): Disposable;
  all(): readonly Bus[];
  /** Throws `BUS_NOT_FOUND`, `BUS_KIND_WRONG`, `BUS_KIND_MISSING`. */
  find(kind: string, driver: string, name?: string): Bus;
}

export const BUSES = token<Buses>("BUSES");

export class BusRegistry implements Buses {
  readonly #buses = new Registry<Bus>();

  add(bus: Bus): Disposable {
    return this.#buses.add(bus);
  }

  all(): readonly Bus[] {
    return [...this.#buses];
  }

  find(kind: string, driver: string, name?: string): Bus {
    if (name === undefined) {
      const bus = this.all().find((candidate) => candidate.kinds.includes(kind) && candidate.hasRoom);
      if (bus === undefined) throw machineErrors.BUS_KIND_MISSING(kind, driver);
      return bus;
    }
    const bus = this.all().find((candidate) => candidate.name === name);
    if (bus === undefined) {
      throw machineErrors.BUS_NOT_FOUND(name).advise(
        suggest(
          name,
          this.all().map((known) => known.name),
        ),
      );
    }
    if (!bus.kinds.includes(kind)) throw machineErrors.BUS_KIND_WRONG(driver, bus.kinds[0] ?? "");
    return bus;
  }
}
