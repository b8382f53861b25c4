import type { Container, InjectableClass } from "../di/index.ts";
import { disposable, Ownership, type Disposable } from "../disposable.ts";
import { suggest } from "../config/suggest.ts";
import { asBackplaneError, type Origin } from "../errors.ts";
import type { Logger, LogRecord } from "../log.ts";
import type { Bus, Buses } from "./bus.ts";
import {
  DEVICE,
  OBJECT,
  type Device,
  type DeviceContext,
  type DeviceDefinition,
  type DeviceInstance,
  type Devices,
  type DeviceType,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectType,
  type UserObject,
  type UserObjects,
} from "./component.ts";
import { machineErrors } from "./errors.ts";
import type { GlobalProperties } from "./globals.ts";
import { isIdentifier } from "./identifier.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { parseObjectProperties, parseProperties, type PropertyTable, type PropertyValues } from "./property.ts";

interface Registered<T, I> {
  readonly type: T;
  readonly implementation: InjectableClass<I>;
}

/** Warnings of a device or object point at where it was asked for. */
function at(origin: Origin | undefined): LogRecord["details"] {
  return origin === undefined ? undefined : { origin };
}

/** Makes devices in a container of their own, below the machine's. */
export class DeviceRegistry implements Devices {
  readonly #types = new Map<string, Registered<DeviceType, Device>>();
  readonly #instances = new Map<DeviceInstance, Ownership>();
  readonly #next = { anonymous: 0, unattached: 0 };
  readonly #container: Container;
  readonly #buses: Buses;
  readonly #lifecycle: Lifecycle;
  readonly #globals: GlobalProperties;
  readonly #log: Logger;

  constructor(container: Container, buses: Buses, lifecycle: Lifecycle, globals: GlobalProperties, log: Logger) {
    this.#container = container;
    this.#buses = buses;
    this.#lifecycle = lifecycle;
    this.#globals = globals;
    this.#log = log;
  }

  register<P extends PropertyTable>(type: DeviceType<P>, implementation: InjectableClass<Device>): Disposable {
    this.#types.set(type.name, { type, implementation });
    return disposable(() => {
      this.#types.delete(type.name);
    });
  }

  types(): readonly DeviceType[] {
    return [...this.#types.values()].map((entry) => entry.type);
  }

  all(): readonly DeviceInstance[] {
    return [...this.#instances.keys()];
  }

  byId(id: string): DeviceInstance | undefined {
    return this.all().find((instance) => instance.context.id === id);
  }

  create(definition: DeviceDefinition, placement: "user" | "machine" = "user"): DeviceInstance {
    const ownership = new Ownership();
    try {
      const registered = this.#types.get(definition.driver);
      if (registered === undefined) {
        const known = this.types().filter(({ userCreatable }) => userCreatable !== false);
        throw machineErrors
          .DEVICE_TYPE_UNKNOWN(definition.driver)
          .at(["driver"])
          .advise(
            suggest(
              definition.driver,
              known.map(({ name }) => name),
            ),
          );
      }
      const { type, implementation } = registered;
      if (placement === "user" && type.userCreatable === false) {
        throw machineErrors.DEVICE_NOT_USER_CREATABLE(type.name).at(["driver"]);
      }
      const bus = this.findBus(type, definition.bus);
      if (definition.id !== undefined && this.byId(definition.id) !== undefined) {
        throw machineErrors.DEVICE_ID_DUPLICATE(definition.id).at(["id"]);
      }
      const context: DeviceContext = {
        type,
        id: definition.id,
        path: this.#path(definition, placement),
        bus,
        properties: this.#properties(type, definition),
        hotplugged: this.#lifecycle.reached === "done",
        own: (resource) => ownership.own(resource),
        log: this.#log.named(definition.id ?? type.name, at(definition.origin)),
      };
      const container = this.#container.child();
      container.provideValue(DEVICE, context);
      const instance: DeviceInstance = { context, device: container.instantiate(implementation) };
      instance.device.realize?.();
      this.#instances.set(instance, ownership);
      return instance;
    } catch (failure) {
      void ownership
        .dispose()
        .catch((error: unknown) => this.#log.error("teardown of a refused device failed", { error }));
      throw asBackplaneError(failure).from(definition.origin);
    }
  }

  findBus(type: DeviceType, name?: string): Bus | undefined {
    // Naming a bus for a device that sits on none is refused like any other wrong bus.
    if (name !== undefined) {
      try {
        return this.#buses.find(type.bus ?? "", type.name, name);
      } catch (failure) {
        throw asBackplaneError(failure).at(["bus"]);
      }
    }
    return type.bus === undefined ? undefined : this.#buses.find(type.bus, type.name);
  }

  async remove(instance: DeviceInstance): Promise<void> {
    const ownership = this.#instances.get(instance);
    this.#instances.delete(instance);
    await ownership?.dispose();
  }

  /** Releases all devices, newest first. */
  async dispose(): Promise<void> {
    for (const instance of this.all().toReversed()) await this.remove(instance);
  }

  #properties(type: DeviceType, definition: DeviceDefinition): PropertyValues<PropertyTable> {
    const globals = this.#globals.valuesFor(type);
    const own = parseProperties(type.properties, definition.properties, type.name, definition.form);
    const result: Record<string, unknown> = { ...own };
    for (const [name, value] of Object.entries(globals)) {
      if (!Object.hasOwn(definition.properties, name)) result[name] = value;
    }
    return result;
  }

  #path(definition: DeviceDefinition, placement: "user" | "machine"): string {
    if (definition.id !== undefined) return `/machine/peripheral/${definition.id}`;
    return placement === "user"
      ? `/machine/peripheral-anon/device[${this.#next.anonymous++}]`
      : `/machine/unattached/device[${this.#next.unattached++}]`;
  }
}

/** Makes the definition's objects. */
export class UserObjectRegistry implements UserObjects {
  readonly #types = new Map<string, Registered<ObjectType, UserObject>>();
  readonly #objects = new Map<string, { context: ObjectContext; object: UserObject; ownership: Ownership }>();
  readonly #container: Container;
  readonly #log: Logger;

  constructor(container: Container, log: Logger) {
    this.#container = container;
    this.#log = log;
  }

  register<P extends PropertyTable>(type: ObjectType<P>, implementation: InjectableClass<UserObject>): Disposable {
    this.#types.set(type.name, { type, implementation });
    return disposable(() => {
      this.#types.delete(type.name);
    });
  }

  types(): readonly ObjectType[] {
    return [...this.#types.values()].map((entry) => entry.type);
  }

  all(): readonly { readonly context: ObjectContext; readonly object: UserObject }[] {
    return [...this.#objects.values()];
  }

  byId(id: string): UserObject | undefined {
    return this.#objects.get(id)?.object;
  }

  create(definition: ObjectDefinition): UserObject {
    const ownership = new Ownership();
    try {
      const registered = this.#types.get(definition.type);
      if (registered === undefined) {
        throw machineErrors
          .OBJECT_TYPE_UNKNOWN(definition.type)
          .at(["type"])
          .advise(
            suggest(
              definition.type,
              this.types().map(({ name }) => name),
            ),
          );
      }
      const { type, implementation } = registered;
      const properties = parseObjectProperties(type.properties, definition.properties, type.name, definition.form);
      if (!isIdentifier(definition.id)) throw machineErrors.ID_MALFORMED("id").at(["id"]);
      if (this.#objects.has(definition.id)) throw machineErrors.OBJECT_ID_DUPLICATE(definition.id).at(["id"]);
      const context: ObjectContext = {
        type,
        id: definition.id,
        path: `/objects/${definition.id}`,
        properties,
        own: (resource) => ownership.own(resource),
        log: this.#log.named(definition.id, at(definition.origin)),
      };
      const container = this.#container.child();
      container.provideValue(OBJECT, context);
      const object = container.instantiate(implementation);
      this.#objects.set(definition.id, { context, object, ownership });
      return object;
    } catch (failure) {
      void ownership
        .dispose()
        .catch((error: unknown) => this.#log.error("teardown of a refused object failed", { error }));
      throw asBackplaneError(failure).from(definition.origin);
    }
  }

  async remove(id: string): Promise<void> {
    const entry = this.#objects.get(id);
    if (entry === undefined) throw machineErrors.OBJECT_NOT_FOUND(id);
    const reason = entry.object.inUse?.();
    if (reason !== undefined) throw machineErrors.OBJECT_IN_USE(id, reason);
    this.#objects.delete(id);
    await entry.ownership.dispose();
  }

  /** Releases all objects, newest first. */
  async dispose(): Promise<void> {
    for (const entry of [...this.#objects.values()].toReversed()) await entry.ownership.dispose();
    this.#objects.clear();
  }
}
