import type { InjectableClass } from "../di/index.ts";
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { Origin } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Bus } from "./bus.ts";
import type { OptionValues, PropertyTable, PropertyValues, ValueForm } from "./property.ts";

/** What a device is, as data: readable without making one (help, introspection, schema). */
export interface DeviceType<P extends PropertyTable = PropertyTable> {
  /** The driver's name: `-device NAME`. */
  readonly name: string;
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
  readonly properties: P;
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
}

/** What a device knows of itself while it is made and for as long as it lives. */
export interface DeviceContext<P extends PropertyTable = PropertyTable> {
  readonly type: DeviceType<P>;
  readonly id: string | undefined;
  /** Place in the object tree: `/machine/peripheral/ID`, `/machine/peripheral-anon/device[N]`, `/machine/unattached/device[N]`. */
  readonly path: string;
  readonly bus: Bus | undefined;
  readonly properties: PropertyValues<P>;
  /** True once the machine is complete: what is plugged now is hot-plugged. */
  readonly hotplugged: boolean;
  /** Released when the device goes, newest first. */
  own<T extends Disposable>(resource: T): T;
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
