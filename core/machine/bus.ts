import { suggest } from "../config/suggest.ts";
import { token } from "../di/token.ts";
import { disposable, type Disposable } from "../disposable.ts";
import type { QomNode } from "../qom/node.ts";
import type { DeviceContext } from "./component.ts";
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
  /** The path of the device that is asked when something is plugged here while the machine runs. */
  hotplugHandler?(): string | undefined;
  /** Lines that `info qtree` has for a device because it sits on such a bus. */
  describe?(device: DeviceContext): readonly string[];
}

/** A bus with what sits on it. */
export interface BusPlace {
  readonly name: string;
  readonly type: string;
  /** Undefined for the system bus, which takes what the machine itself holds. */
  readonly bus: Bus | undefined;
  /** Youngest first. */
  readonly devices: readonly DeviceContext[];
}

export interface Buses {
  /** A bus that is added while a device is made is that device's. */
  add(bus: Bus): Disposable;
  all(): readonly Bus[];
  /** Throws `BUS_NOT_FOUND`, `BUS_KIND_WRONG`, `BUS_KIND_MISSING`. */
  find(kind: string, driver: string, name?: string): Bus;
  /** The system bus. */
  readonly system: BusPlace;
  /** The buses of a device, youngest first. */
  of(device: DeviceContext): readonly BusPlace[];
}

export const BUSES = token<Buses>("BUSES");

interface Plugged {
  readonly number: number;
  readonly device: DeviceContext;
}

/** A bus in the object tree: below its device, with numbered links to what sits on it. */
class Place implements BusPlace {
  readonly bus: Bus | undefined;
  readonly node: QomNode;
  /** The node of the device that the bus belongs to. */
  readonly owner: QomNode | undefined;
  #plugged: Plugged[] = [];
  #next = 0;

  constructor(bus: Bus | undefined, node: QomNode) {
    this.bus = bus;
    this.node = node;
    this.owner = node.parent;
  }

  get name(): string {
    return this.bus?.name ?? "main-system-bus";
  }

  get type(): string {
    return this.node.type;
  }

  get devices(): readonly DeviceContext[] {
    return this.#plugged.map(({ device }) => device).toReversed();
  }

  plug(device: DeviceContext): Disposable {
    const plugged: Plugged = { number: this.#next++, device };
    this.#plugged.push(plugged);
    const { type, path } = device;
    const link = { name: `child[${plugged.number}]`, type: `link<${type.name}>`, get: () => path };
    const linked = this.node.add(link);
    return disposable(() => {
      this.#plugged = this.#plugged.filter((other) => other !== plugged);
      return linked.dispose();
    });
  }
}

export class BusRegistry implements Buses {
  readonly #places = new Map<Bus, Place>();
  readonly #system: Place;
  readonly #unattached: QomNode;
  /** Whose buses are added at the moment. */
  #owner: QomNode | undefined;

  constructor(system: QomNode, unattached: QomNode) {
    this.#system = new Place(undefined, system);
    this.#unattached = unattached;
  }

  get system(): BusPlace {
    return this.#system;
  }

  /** Buses that are added meanwhile are the device's. */
  withOwner<T>(owner: QomNode, make: () => T): T {
    const before = this.#owner;
    this.#owner = owner;
    try {
      return make();
    } finally {
      this.#owner = before;
    }
  }

  add(bus: Bus): Disposable {
    const node = (this.#owner ?? this.#unattached).place(bus.name, bus.kinds[0] ?? "bus", {});
    const handler = (): string => bus.hotplugHandler?.() ?? "";
    node.add({ name: "hotplug-handler", type: "link<hotplug-handler>", get: handler });
    node.add({ name: "realized", type: "bool", get: () => true });
    this.#places.set(bus, new Place(bus, node));
    return disposable(() => {
      this.#places.delete(bus);
      node.dispose();
    });
  }

  all(): readonly Bus[] {
    return [...this.#places.keys()];
  }

  of(device: DeviceContext): readonly BusPlace[] {
    return [...this.#places.values()].filter(({ owner }) => owner === device.object).toReversed();
  }

  /** Where the bus stands in the object tree; the system bus without an argument. */
  placeOf(bus?: Bus): Place | undefined {
    return bus === undefined ? this.#system : this.#places.get(bus);
  }

  /** The peer looks at a bus before those behind its devices, at the youngest device and the youngest bus first. */
  #below(place: BusPlace, fits: (bus: Bus) => boolean): Bus | undefined {
    if (place.bus !== undefined && fits(place.bus)) return place.bus;
    for (const device of place.devices) {
      for (const behind of this.of(device)) {
        const found = this.#below(behind, fits);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  find(kind: string, driver: string, name?: string): Bus {
    if (name === undefined) {
      const fits = (candidate: Bus): boolean => candidate.kinds.includes(kind) && candidate.hasRoom;
      const bus = this.#below(this.#system, fits) ?? this.all().find(fits);
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
