import type { Property, PropertyTable } from "../machine/property.ts";
import type { JsonValue } from "../monitor/contract.ts";
import type { QomProperty } from "./contract.ts";

/** A type's properties, as monitors list them; with `inner` only those that are passed on, or only the others. */
export function tableProperties(table: PropertyTable, inner?: boolean): readonly QomProperty[] {
  return Object.entries(table)
    .filter(([, { late, inner: isInner = false }]) => late !== true && (inner === undefined || isInner === inner))
    .flatMap(([name, property]) => [
      { name, type: property.type, description: descriptionOf(property), default: defaultOf(property) },
      ...legacyOf(name, property.type),
    ]);
}

/** A link has the same in older words beside it, which nobody can read. */
export function legacyOf(name: string, type: string): readonly QomProperty[] {
  return type.startsWith("link<") ? [{ name: `legacy-${name}`, type: "str" }] : [];
}

/** What the peer says of a property that nobody described; nothing of one whose description is empty. */
export function descriptionOf({ description, type }: Property<unknown>): string | undefined {
  if (description !== undefined) return description === "" ? undefined : description;
  if (type === "bool") return "on/off";
  return type === "OnOffAuto" ? "on/off/auto" : undefined;
}

/** Text that is empty by default is not listed with one. */
export function defaultOf({ default: value, absent }: Property<unknown>): JsonValue | undefined {
  if (value === undefined) return absent;
  return isPlain(value) && value !== "" ? value : undefined;
}

function isPlain(value: unknown): value is boolean | number | string | bigint {
  return ["boolean", "number", "string", "bigint"].includes(typeof value);
}

/** A value as monitors read it: text that nobody gave is empty. */
export function valueOf(property: Property<unknown>, value: unknown): JsonValue {
  if (property.format !== undefined) return property.format(value);
  if (isPlain(value)) return value;
  if (property.absent !== undefined) return property.absent;
  if (property.type === "bool") return false;
  if (property.type.endsWith("List")) return [];
  return /^u?int|^size/.test(property.type) ? 0 : "";
}

/** What an object of `-object` shows: it has been made with these values. */
export function objectProperties(
  table: PropertyTable,
  values: { readonly [name: string]: unknown },
): readonly QomProperty[] {
  return Object.entries(table).map(([name, property]) => ({
    name,
    type: objectPropertyType(property),
    description: property.description,
    get: () => valueOf(property, values[name]),
  }));
}

/** A type of objects lists neither defaults nor words of its own. `late`: what each object adds by itself, or the rest. */
export function objectTableProperties(table: PropertyTable, late: boolean): readonly QomProperty[] {
  return Object.entries(table)
    .filter(([, property]) => (property.late === true) === late)
    .map(([name, property]) => ({
      name,
      type: objectPropertyType(property),
      description: property.description,
    }));
}

export function objectPropertyType({ type, named }: Property<unknown>): string {
  return named === true ? type : objectTypeName(type);
}

/** Objects have wider types than devices: whole numbers and sizes are all `int`. */
export function objectTypeName(type: string): string {
  if (/^(?:size|u?int(?:8|16|32|64))$/.test(type)) return "int";
  return type === "str" ? "string" : type;
}
