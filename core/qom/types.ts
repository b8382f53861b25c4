import { disposable, type Disposable } from "../disposable.ts";
import type { DeviceType, ObjectType } from "../machine/component.ts";
import type { MachineType } from "../machine/machine-type.ts";
import { hashOrder } from "../hash-order.ts";
import { Registry } from "../registry.ts";
import { CORE_TYPES } from "./core-types.ts";
import type { QomProperty, QomType, QomTypes } from "./contract.ts";
import { ancestry, inLevels } from "./levels.ts";
import { machineObjectType } from "./machine-properties.ts";
import { objectTableProperties, tableProperties } from "./table-properties.ts";

export interface KnownTypes {
  devices(): readonly DeviceType[];
  objects(): readonly ObjectType[];
}

/** Of another machine, where also the types count that its plugins have added. */
export interface TypesElsewhere extends KnownTypes {
  added(): Iterable<QomType>;
}

/** Types by name, with what devices and objects are registered at the moment. */
export class QomTypeTable implements QomTypes {
  readonly #added = new Registry<Iterable<QomType>>();
  readonly #known: KnownTypes;
  readonly #elsewhere: () => TypesElsewhere;
  #others: TypesElsewhere | undefined;
  #index: { readonly counts: string; readonly types: ReadonlyMap<string, QomType> } | undefined;

  /** `elsewhere` finds the types of machines of other types: asked for once, when somebody wants to know. */
  constructor(known: KnownTypes, machines: readonly MachineType[], elsewhere: () => TypesElsewhere) {
    this.#known = known;
    this.#elsewhere = elsewhere;
    this.#added.add(CORE_TYPES);
    this.#added.add(machines.map(machineObjectType));
  }

  /** Those that were added by name. */
  *added(): Iterable<QomType> {
    for (const types of this.#added) yield* types;
  }

  deviceTypes(): readonly DeviceType[] {
    return known(this.#known.devices(), this.#otherTypes.devices());
  }

  objectTypes(): readonly ObjectType[] {
    return known(this.#known.objects(), this.#otherTypes.objects());
  }

  get #otherTypes(): TypesElsewhere {
    return (this.#others ??= this.#elsewhere());
  }

  add(types: Iterable<QomType>): Disposable {
    const added = this.#added.add(types);
    this.#index = undefined;
    return disposable(() => {
      this.#index = undefined;
      return added.dispose();
    });
  }

  find(name: string): QomType | undefined {
    return this.#byName().get(name);
  }

  all(): readonly QomType[] {
    return [...this.#byName().values()];
  }

  /** In the order of monitors, with the values that an object has. */
  properties(name: string, valued?: readonly QomProperty[]): readonly QomProperty[] {
    const types = this.#byName();
    return inLevels(
      ancestry((type) => types.get(type), name),
      valued,
    );
  }

  is(name: string, ancestor: string): boolean {
    return descends(this.#byName(), name, ancestor);
  }

  /** Whether devices of the type sit on the system bus. Asked for every device that is made, so only this machine's types count. */
  isOnSystemBus(name: string | undefined): boolean {
    if (name === undefined || name === "sys-bus-device") return name !== undefined;
    for (const type of this.added()) if (type.name === name) return this.isOnSystemBus(type.parent);
    return false;
  }

  /** Kept as long as nothing is registered, as types come and go with plugins. */
  #byName(): ReadonlyMap<string, QomType> {
    const counts = `${this.#known.devices().length} ${this.#known.objects().length}`;
    if (this.#index?.counts !== counts) this.#index = { counts, types: this.#collect() };
    return this.#index.types;
  }

  #collect(): ReadonlyMap<string, QomType> {
    const types = new Map<string, QomType>();
    const buses = new Map<string, string>();
    for (const added of [this.#otherTypes.added(), ...this.#added]) {
      for (const type of added) {
        types.set(type.name, type);
        if (type.forBus !== undefined) buses.set(type.forBus, type.name);
      }
    }
    for (const type of this.deviceTypes()) {
      const parent = type.parent ?? buses.get(type.bus ?? "") ?? "device";
      types.set(type.name, {
        name: type.name,
        parent,
        ...(type.interfaces === undefined ? {} : { interfaces: type.interfaces }),
        properties: () => tableProperties(type.properties, false),
        ownProperties: () => passedOn(type, (name) => types.get(name)),
      });
    }
    for (const type of this.objectTypes()) {
      types.set(type.name, {
        name: type.name,
        parent: type.parent ?? "object",
        interfaces: ["user-creatable"],
        properties: () => objectTableProperties(type.properties, false),
        ownProperties: () => objectTableProperties(type.properties, true),
      });
    }
    return types;
  }
}

/** What a type has and its parents have not, in the order of the peer's tables. */
function levelNames(type: QomType, find: (name: string) => QomType | undefined): readonly string[] {
  const above = new Set(
    ancestry(find, type.parent ?? "").flatMap((parent) => (parent.properties?.() ?? []).map(({ name }) => name)),
  );
  return hashOrder((type.properties?.() ?? []).map(({ name }) => name).filter((name) => !above.has(name)));
}

/**
 * What each device of a type gets when it is made: the device inside, what it passes on to it, and what it adds by
 * itself. What is passed on comes in the order in which the peer finds it on the device inside.
 */
function passedOn(
  { properties, parts = {} }: DeviceType,
  find: (name: string) => QomType | undefined,
): readonly QomProperty[] {
  const inner = new Map(tableProperties(properties, true).map((property) => [property.name, property]));
  if (inner.size === 0) return [];
  const late = Object.entries(properties).filter(([, property]) => property.late === true);
  const [inside = ""] = Object.values(parts);
  const found = ancestry(find, /^child<(.*)>$/.exec(inside)?.[1] ?? "")
    .toReversed()
    .flatMap((type) => levelNames(type, find))
    .flatMap((name) => inner.get(name) ?? []);
  return [
    ...Object.entries(parts).map(([name, type]) => ({ name, type })),
    ...found,
    ...[...inner.values()].filter((property) => !found.includes(property)),
    ...late.map(([name, { type }]) => ({ name, type })),
  ];
}

/** Those of here, and of those of elsewhere what is not here. */
function known<T extends { readonly name: string }>(here: readonly T[], elsewhere: readonly T[]): readonly T[] {
  const names = new Set(here.map(({ name }) => name));
  return [...here, ...elsewhere.filter(({ name }) => !names.has(name))];
}

export function descends(types: ReadonlyMap<string, QomType>, name: string, ancestor: string): boolean {
  for (let type = types.get(name); type !== undefined; type = types.get(type.parent ?? "")) {
    if (type.name === ancestor) return true;
    for (const each of type.interfaces ?? []) if (descends(types, each, ancestor)) return true;
  }
  return false;
}
