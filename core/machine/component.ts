import type { CapturedSection, DeviceSection } from "../state/sections.ts";
import type { InjectableClass } from "../di/index.ts";
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { Origin } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { MemoryRegion } from "../memory/index.ts";
import type { QomObject } from "../qom/contract.ts";
import type { Bus } from "./bus.ts";
import type { DeviceGpio } from "./gpio.ts";
import type { OptionValues, PropertyTable, PropertyValues, ValueForm } from "./property.ts";

/** What a device is, as data: readable without making one (help, introspection, schema). */
export interface DeviceType<P extends PropertyTable = PropertyTable> {
  /** The driver's name: `-device NAME`. */
  readonly name: string;
  /** Another name for it, which `-device` takes as well. */
  readonly alias?: string;
  /** The kind of bus it sits on (`PCI`, `ISA`); absent for a device that the machine itself holds. */
  readonly bus?: string;
  readonly description?: string;
  /** The peer's heading in `-device help`. */
  readonly category?:
    | "bridge"
    | "usb"
    | "storage"
    | "network"
    | "input"
    | "display"
    | "sound"
    | "misc"
    | "cpu"
    | "watchdog"
    | "uncategorized";
  /** In the order of `info qtree`: the type's own, then what it has from its parents. */
  readonly properties: P;
  /** The type that this one descends from in the tree of types. Default: that of the devices on its bus, or `device`. */
  readonly parent?: string;
  readonly interfaces?: readonly string[];
  /** What every such device has below it from the start, besides its properties: `hpet[0]`, a `child<memory-region>`. */
  readonly parts?: { readonly [name: string]: string };
  /** False for what only machines make. Default true. */
  readonly userCreatable?: boolean;
  /** Default true. */
  readonly hotpluggable?: boolean;
}

/** What `-object` can make. */
export interface ObjectType<P extends PropertyTable = PropertyTable> {
  readonly name: string;
  readonly description?: string;
  readonly properties: P;
  /** Default `object`. */
  readonly parent?: string;
}

/** What a device knows of itself while it is made and for as long as it lives. */
export interface DeviceContext<P extends PropertyTable = PropertyTable> {
  readonly type: DeviceType<P>;
  readonly id: string | undefined;
  /** Place in the object tree: `/machine/peripheral/ID`, `/machine/peripheral-anon/device[N]`, `/machine/unattached/device[N]`, or the board's choice. */
  readonly path: string;
  /** The device as monitors see it. What it adds here overlays its properties: values that change, links, children. */
  readonly object: QomObject;
  readonly bus: Bus | undefined;
  readonly properties: PropertyValues<P>;
  /** The pins by which it is wired to interrupt controllers and other devices. */
  readonly gpio: DeviceGpio;
  /** Says that the region is one that the board maps, for a device on the system bus: `info qtree` lists those. */
  window(region: MemoryRegion): void;
  /** In order of declaration. */
  readonly windows: readonly MemoryRegion[];
  /** True once the machine is complete: what is plugged now is hot-plugged. */
  readonly hotplugged: boolean;
  /** Released when the device goes, newest first. */
  own<T extends Disposable>(resource: T): T;
  /** Says what of the device migrations carry. In the order of the peer: the places in a stream come from it. */
  carry<S>(section: DeviceSection<S> | CapturedSection<S>): void;
  /** It has said so of something. */
  readonly carries: boolean;
  readonly log: Logger;
}

/** A device: an `@injectable()` class that gets `DEVICE` and the services it needs. */
export interface Device {
  /** Takes its place in the machine. What it owns by then is released when this throws. */
  realize?(): void;
  /** Asked to go while the machine runs. Absent: the device cannot be unplugged. */
  unplug?(): void;
}

/** An object made by `-object`. */
export interface UserObject {
  /** Why it cannot be deleted now, e.g. because a device uses it. */
  inUse?(): string | undefined;
}

export interface ObjectContext<P extends PropertyTable = PropertyTable> {
  readonly type: ObjectType<P>;
  readonly id: string;
  readonly path: string;
  /** The object as monitors see it. */
  readonly object: QomObject;
  readonly properties: PropertyValues<P>;
  own<T extends Disposable>(resource: T): T;
  readonly log: Logger;
}

/** Injected into a device's constructor. */
export const DEVICE = token<DeviceContext>("DEVICE");
/** Injected into an object's constructor. */
export const OBJECT = token<ObjectContext>("OBJECT");

export interface DeviceDefinition {
  readonly driver: string;
  readonly id?: string;
  readonly bus?: string;
  /** The bus itself, for a device that another one makes, where the name would not say which. */
  readonly on?: Bus;
  /** Place in the object tree, for a device of the board: below a path, or below the youngest device of a driver. */
  readonly place?: { readonly of: string; readonly name: string };
  readonly properties: OptionValues;
  /** Where the values were written; `config` where it is absent. */
  readonly form?: ValueForm;
  readonly origin?: Origin;
}

export interface ObjectDefinition {
  readonly type: string;
  readonly id: string;
  readonly properties: OptionValues;
  /** Where the values were written; `config` where it is absent. */
  readonly form?: ValueForm;
  readonly origin?: Origin;
}

/** A device that lives in the machine. */
export interface DeviceInstance {
  readonly context: DeviceContext;
  readonly device: Device;
}

/** Device types and the devices made of them. */
export interface Devices {
  register<P extends PropertyTable>(type: DeviceType<P>, implementation: InjectableClass<Device>): Disposable;
  types(): readonly DeviceType[];
  /** Makes, places and realizes a device. On failure nothing of it stays. */
  create(definition: DeviceDefinition, placement?: "user" | "machine"): DeviceInstance;
  /** The bus that a device would be put on. Throws what `Buses.find` throws. */
  findBus(type: DeviceType, name?: string): Bus | undefined;
  byId(id: string): DeviceInstance | undefined;
  all(): readonly DeviceInstance[];
  /** Takes a device out and releases what it owned. */
  remove(instance: DeviceInstance): Promise<void>;
}

export interface UserObjects {
  register<P extends PropertyTable>(type: ObjectType<P>, implementation: InjectableClass<UserObject>): Disposable;
  types(): readonly ObjectType[];
  create(definition: ObjectDefinition): UserObject;
  byId(id: string): UserObject | undefined;
  all(): readonly { readonly context: ObjectContext; readonly object: UserObject }[];
  /** Throws when there is none, or when it is in use. */
  remove(id: string): Promise<void>;
}

export const DEVICES = token<Devices>("DEVICES");
export const USER_OBJECTS = token<UserObjects>("USER_OBJECTS");
