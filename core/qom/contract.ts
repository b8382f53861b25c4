// The object tree that monitors look at: everything that a machine is made of, by path, with its properties.
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { DeviceType, ObjectType } from "../machine/component.ts";
import type { IrqLine } from "../machine/irq.ts";
import type { JsonValue } from "../monitor/contract.ts";
import type { MemoryRegion, RegionOwner } from "../memory/index.ts";

/** A property of an object, as monitors read and write it. */
export interface QomProperty {
  readonly name: string;
  /** `bool`, `uint32`, `str`, `size`, an enumeration's name, `child<T>`, `link<T>`. */
  readonly type: string;
  readonly description?: string | undefined;
  readonly default?: JsonValue | undefined;
  /** Absent: it cannot be read. */
  get?(): JsonValue;
  /** Absent: it cannot be written. Throws what is wrong with the value. */
  set?(value: JsonValue): void;
  /** `set` for a value that is text, as on a command line. Absent: the text is the value. */
  setText?(text: string): void;
  /** How `info qtree` shows it, where that is not the value. */
  show?(): string;
}

/** An object: a device, a bus, a memory region, a pin, a container of objects. */
export interface QomObject extends RegionOwner {
  /** The last step of its path. */
  readonly name: string;
  readonly type: string;
  readonly parent: QomObject | undefined;
  /** In the order of `qom-list`, children among them. */
  properties(): readonly QomProperty[];
  property(name: string): QomProperty | undefined;
  children(): readonly QomObject[];
  child(name: string): QomObject | undefined;
  /** Adds a property; one that the object's type has by the same name is overlaid. */
  add(property: QomProperty): Disposable;
  /**
   * Adds an object below. `name[*]` takes the first free number. It goes when this does, or when disposed. A part of a
   * device that the peer has as a device of its own says so.
   */
  addChild(
    name: string,
    type: string,
    properties?: readonly QomProperty[],
    parts?: { readonly isDevice?: boolean },
  ): QomObject & Disposable;
  /** Objects that stand below this one as long as `list` lists them; it is asked whenever somebody looks. */
  addChildren(list: () => Iterable<QomLeaf>): Disposable;
}

/** An object without objects of its own. */
export interface QomLeaf {
  readonly name: string;
  readonly type: string;
  properties?(): readonly QomProperty[];
}

/** A type of objects. */
export interface QomType {
  readonly name: string;
  readonly parent?: string | undefined;
  readonly abstract?: boolean;
  /** The bus (`PCI`) whose devices have this type for a parent unless they name another. */
  readonly forBus?: string;
  /** Names of the interfaces that it has and its parents have not. */
  readonly interfaces?: readonly string[];
  /** What every object of the type has, beyond its parent's. In the peer's order. */
  properties?(): readonly QomProperty[];
  /** What each object of exactly this type adds by itself; it stands behind. */
  ownProperties?(): readonly QomProperty[];
}

export interface QomTypes {
  /** Adds types that are neither devices nor user-creatable objects: those are known from their registries. */
  add(types: Iterable<QomType>): Disposable;
  /** The types that were added. */
  added(): Iterable<QomType>;
  /** Device types of this machine, and of all others that there are. */
  deviceTypes(): readonly DeviceType[];
  objectTypes(): readonly ObjectType[];
  find(name: string): QomType | undefined;
  all(): readonly QomType[];
  /** What objects of the type have, in the order of `qom-list`; `valued` are those of an object, with their values. */
  properties(name: string, valued?: readonly QomProperty[]): readonly QomProperty[];
  /** Whether the type is, descends from, or implements `ancestor`. */
  is(name: string, ancestor: string): boolean;
}

export interface Qom {
  readonly root: QomObject;
  /**
   * The object at a path: absolute, or a part of one that leads to a single object (`ioapic`, `ICH9/rtc`).
   * Throws `QOM_NOT_FOUND`, `QOM_AMBIGUOUS`.
   */
  resolve(path: string): QomObject;
  /** `resolve` that answers with undefined. */
  find(path: string): QomObject | undefined;
  readonly types: QomTypes;
  /** Where a region stands. */
  pathOf(region: MemoryRegion): string;
  /** Says which object a line is that is no device's input. */
  nameLine(line: IrqLine, object: QomObject): void;
}

export const QOM = token<Qom>("QOM");
