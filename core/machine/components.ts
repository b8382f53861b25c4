import type { Container, InjectableClass } from "../di/index.ts";
import { disposable, Ownership, type Disposable } from "../disposable.ts";
import { suggest } from "../config/suggest.ts";
import { asBackplaneError, type Origin } from "../errors.ts";
import type { Logger, LogRecord } from "../log.ts";
import type { Events } from "../monitor/contract.ts";
import type { MemoryRegion, MemoryRegions } from "../memory/index.ts";
import { deviceProperties, lateProperties, outputLinks, pins } from "../qom/device-properties.ts";
import type { QomNode } from "../qom/node.ts";
import { objectProperties } from "../qom/table-properties.ts";
import type { QomTree } from "../qom/tree.ts";
import type { Bus, BusRegistry } from "./bus.ts";
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
import { GpioPins } from "./gpio.ts";
import { isIdentifier } from "./identifier.ts";
import { UNCONNECTED, type IrqLine } from "./irq.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { DeviceStates } from "../state/sections.ts";
import { parseObjectProperties, parseProperties, type PropertyTable, type PropertyValues } from "./property.ts";

interface Registered<T, I> {
  readonly type: T;
  readonly implementation: InjectableClass<I>;
}

/** Warnings of a device or object point at where it was asked for. */
function at(origin: Origin | undefined): LogRecord["details"] {
  return origin === undefined ? undefined : { origin };
}

export interface DeviceServices {
  readonly container: Container;
  readonly buses: BusRegistry;
  readonly lifecycle: Lifecycle;
  readonly globals: GlobalProperties;
  readonly tree: QomTree;
  readonly regions: MemoryRegions;
  readonly states: DeviceStates;
  readonly events: Events;
  readonly log: Logger;
}

/** Makes devices in a container of their own, below the machine's. */
export class DeviceRegistry implements Devices {
  readonly #types = new Map<string, Registered<DeviceType, Device>>();
  readonly #instances = new Map<DeviceInstance, Ownership>();
  readonly #services: DeviceServices;

  constructor(services: DeviceServices) {
    this.#services = services;
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
    let node: QomNode | undefined;
    try {
      const registered = this.#types.get(definition.driver) ?? this.#byAlias(definition.driver);
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
      const bus = definition.on ?? this.findBus(type, definition.bus);
      if (definition.id !== undefined && this.byId(definition.id) !== undefined) {
        throw machineErrors.DEVICE_ID_DUPLICATE(definition.id).at(["id"]);
      }
      const { buses, container: parent, regions } = this.#services;
      const context = this.#context({
        definition,
        placement,
        type,
        bus,
        ownership,
        placed: (placed) => (node = placed),
      });
      const container = parent.child();
      container.provideValue(DEVICE, context);
      const instance = regions.withOwner(context.object, () =>
        buses.withOwner(context.object, () => {
          const made: DeviceInstance = { context, device: container.instantiate(implementation) };
          made.device.realize?.();
          return made;
        }),
      );
      this.#instances.set(instance, ownership);
      return instance;
    } catch (failure) {
      // At once: the next device takes its place and its number.
      node?.dispose();
      void ownership
        .dispose()
        .catch((error: unknown) => this.#services.log.error("teardown of a refused device failed", { error }));
      throw asBackplaneError(failure).from(definition.origin);
    }
  }

  #byAlias(name: string): Registered<DeviceType, Device> | undefined {
    return [...this.#types.values()].find(({ type }) => type.alias === name);
  }

  findBus(type: DeviceType, name?: string): Bus | undefined {
    // Naming a bus for a device that sits on none is refused like any other wrong bus.
    if (name !== undefined) {
      try {
        return this.#services.buses.find(type.bus ?? "", type.name, name);
      } catch (failure) {
        throw asBackplaneError(failure).at(["bus"]);
      }
    }
    return type.bus === undefined ? undefined : this.#services.buses.find(type.bus, type.name);
  }

  async remove(instance: DeviceInstance): Promise<void> {
    const { id, path } = instance.context;
    const released = this.#release(instance);
    this.#services.events.emit("DEVICE_DELETED", { device: id, path });
    await released;
  }

  #release(instance: DeviceInstance): Promise<void> | undefined {
    const ownership = this.#instances.get(instance);
    this.#instances.delete(instance);
    return ownership?.dispose();
  }

  /** Releases all devices, newest first. */
  async dispose(): Promise<void> {
    for (const instance of this.all().toReversed()) await this.#release(instance);
  }

  #properties(type: DeviceType, definition: DeviceDefinition): PropertyValues<PropertyTable> {
    const globals = this.#services.globals.valuesFor(type);
    for (const name of Object.keys(definition.properties)) {
      // What a device has below it is made with it. A type may take values for it, which then is a property of its own.
      const isPart = !Object.hasOwn(type.properties, name) && Object.hasOwn(type.parts ?? {}, name);
      if (isPart) throw machineErrors.PROPERTY_READONLY(type.name, name).at([name]);
    }
    const own = parseProperties(type.properties, definition.properties, type.name, definition.form);
    const given = Object.entries(globals);
    // A processor has hundreds of properties, which are not copied for nothing.
    if (given.length === 0) return own;
    const result: Record<string, unknown> = { ...own };
    for (const [name, value] of given) {
      if (!Object.hasOwn(definition.properties, name)) result[name] = value;
    }
    return result;
  }

  #context(request: ContextRequest): PlacedContext {
    const { definition, placement, type, bus, ownership } = request;
    const { buses, lifecycle, log, tree } = this.#services;
    const { parent, name } = this.#place(definition, placement);
    const onSystemBus = bus === undefined && tree.types.isOnSystemBus(type.parent);
    const place = bus === undefined && !onSystemBus ? undefined : buses.placeOf(bus);
    // Nothing is plugged into the system bus while the machine runs.
    const isHotpluggable = type.hotpluggable !== false && !onSystemBus && bus?.refuses?.(true) === undefined;
    const windows: MemoryRegion[] = [];
    const { states } = this.#services;
    let carries = false;
    const object = parent.place(name, type.name, {
      id: definition.id,
      isDevice: true,
      properties: () => {
        const own = deviceProperties({ device: context, bus: place?.node.path ?? "", isHotpluggable });
        return tree.types.properties(type.name, own);
      },
    });
    ownership.own(object);
    request.placed(object);
    const context: PlacedContext = {
      type,
      id: definition.id,
      path: object.path,
      object,
      bus,
      gpio: new GpioPins(),
      properties: this.#properties(type, definition),
      windows,
      window: (region) => void windows.push(region),
      hotplugged: lifecycle.reached === "done",
      own: (resource) => ownership.own(resource),
      carry(section) {
        carries = true;
        ownership.own(states.add(section));
      },
      get carries() {
        return carries;
      },
      log: log.named(definition.id ?? type.name, at(definition.origin)),
    };
    object.addChildren(() => pins(context));
    for (const property of lateProperties(context)) object.add(property);
    object.addProperties(() => outputLinks(context, (line) => this.#lineName(line)));
    if (place !== undefined) ownership.own(place.plug(context));
    return context;
  }

  /** An output that leads to another device's output ends where that one does. */
  #lineName(line: IrqLine): string | undefined {
    const named = this.#services.tree.lineName(line);
    if (named !== undefined || line === UNCONNECTED) return named;
    for (const { context } of this.all()) {
      for (const { name, inputs, outputs } of context.gpio.lists) {
        const input = inputs.indexOf(line);
        if (input >= 0) return `${context.path}/${name ?? "unnamed-gpio-in"}[${input}]`;
        const output = outputs.find((pin) => pin === line);
        if (output !== undefined) return this.#lineName(output.target);
      }
    }
    return undefined;
  }

  #place({ id, place }: DeviceDefinition, placement: "user" | "machine"): { parent: QomNode; name: string } {
    const { tree } = this.#services;
    if (place !== undefined) {
      const parent = place.of.startsWith("/") ? tree.find(place.of) : this.#youngest(place.of);
      if (parent === undefined) throw machineErrors.PLACE_NOT_FOUND(place.of);
      return { parent, name: place.name };
    }
    if (id !== undefined) return { parent: tree.peripheral, name: id };
    return { parent: placement === "user" ? tree.anonymous : tree.unattached, name: "device[*]" };
  }

  #youngest(driver: string): QomNode | undefined {
    const path = this.all().findLast(({ context }) => context.type.name === driver)?.context.path;
    return path === undefined ? undefined : this.#services.tree.find(path);
  }
}

/** A device's context with its node as core sees it. */
type PlacedContext = DeviceContext & { readonly object: QomNode };

interface ContextRequest {
  readonly definition: DeviceDefinition;
  readonly placement: "user" | "machine";
  readonly type: DeviceType;
  readonly bus: Bus | undefined;
  readonly ownership: Ownership;
  /** Told of the device's node as soon as it stands in the tree. */
  readonly placed: (node: QomNode) => void;
}

export interface ObjectServices {
  readonly container: Container;
  readonly tree: QomTree;
  readonly regions: MemoryRegions;
  readonly log: Logger;
}

/** Makes the definition's objects. */
export class UserObjectRegistry implements UserObjects {
  readonly #types = new Map<string, Registered<ObjectType, UserObject>>();
  readonly #objects = new Map<string, { context: ObjectContext; object: UserObject; ownership: Ownership }>();
  readonly #services: ObjectServices;

  constructor(services: ObjectServices) {
    this.#services = services;
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
    let placed: QomNode | undefined;
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
      const { tree, regions, log } = this.#services;
      const node = ownership.own(
        tree.objects.place(definition.id, type.name, {
          properties: () => tree.types.properties(type.name, objectProperties(type.properties, properties)),
        }),
      );
      placed = node;
      const context: ObjectContext = {
        type,
        id: definition.id,
        path: node.path,
        object: node,
        properties,
        own: (resource) => ownership.own(resource),
        log: log.named(definition.id, at(definition.origin)),
      };
      const container = this.#services.container.child();
      container.provideValue(OBJECT, context);
      const object = regions.withOwner(node, () => container.instantiate(implementation));
      this.#objects.set(definition.id, { context, object, ownership });
      return object;
    } catch (failure) {
      placed?.dispose();
      void ownership
        .dispose()
        .catch((error: unknown) => this.#services.log.error("teardown of a refused object failed", { error }));
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
