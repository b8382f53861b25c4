import type { Devices, JsonObject, Qom, QomProperty } from "backplane";
import { qomPluginErrors } from "./errors.ts";

/** `qom-list-types`. */
export function listTypes(qom: Qom, ancestor: string | undefined, withAbstract: boolean): JsonObject[] {
  return qom.types
    .all()
    .filter(({ name, abstract = false }) => {
      return (withAbstract || !abstract) && (ancestor === undefined || qom.types.is(name, ancestor));
    })
    .map(({ name, parent, abstract }) => ({ name, abstract: abstract === true ? true : undefined, parent }));
}

/** `qom-list-properties`. */
export function typeProperties(qom: Qom, devices: Devices, name: string): JsonObject[] {
  const type = qom.types.find(name);
  if (type === undefined) throw qomPluginErrors.CLASS_UNKNOWN(name);
  if (!qom.types.is(name, "object")) throw qomPluginErrors.TYPE_NOT_OBJECT();
  const properties: readonly QomProperty[] = [{ name: "type", type: "string" }, ...qom.types.properties(name)];
  return [...properties.map(describe), ...partsOf(devices, name)];
}

/** `device-list-properties`: without what every device has. */
export function deviceTypeProperties(qom: Qom, devices: Devices, name: string): JsonObject[] {
  const type = qom.types.find(name);
  if (type === undefined) throw qomPluginErrors.DEVICE_CLASS_UNKNOWN(name);
  if (type.abstract === true || !qom.types.is(name, "device")) throw qomPluginErrors.TYPE_NOT_CONCRETE_DEVICE();
  const common = new Set(qom.types.properties("device").map((property) => property.name));
  const own = qom.types.properties(name).filter((property) => !common.has(property.name) && !isLegacy(property));
  const names = new Set<unknown>(own.map((property) => property.name));
  return [...own.map(describe), ...partsOf(devices, name).filter((part) => !names.has(part["name"]))];
}

/** The same values in older words, which are not to be set. */
function isLegacy({ name }: QomProperty): boolean {
  return name.startsWith("legacy-");
}

function describe({ name, type, description, default: fallback }: QomProperty): JsonObject {
  return { name, type, description, "default-value": fallback };
}

/** What each device of the type gets by itself, besides what its type has. */
function partsOf(devices: Devices, name: string): JsonObject[] {
  const type = devices.types().find((device) => device.name === name);
  const late = Object.entries(type?.properties ?? {}).filter(([, property]) => property.late === true);
  return [
    ...late.map(([part, property]) => ({ name: part, type: property.type, description: property.description })),
    ...Object.entries(type?.parts ?? {}).map(([part, partType]) => ({ name: part, type: partType })),
  ];
}
