import {
  optionValues,
  parseJson,
  type DeviceDefinition,
  type JsonObject,
  type ObjectDefinition,
  type OptionValue,
  type OptionValues,
} from "backplane";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { at, originOf, type Occurrence } from "./occurrence.ts";
import { valueOf } from "./option-list.ts";
import { isHelp } from "./option-text.ts";

/** `-device`, in either form. Devices that were given as JSON are made after the others, as the peer does. */
export function addDevice(draft: Draft, occurrence: Occurrence): void {
  if (occurrence.argument.startsWith("{")) {
    draft.jsonDevices.push({ occurrence, value: at(occurrence, () => readObject(occurrence.argument)) });
    return;
  }
  const group = draft.lists.device.add(occurrence);
  const driver = valueOf(group, "driver");
  const wantsHelp =
    (driver !== undefined && isHelp(driver)) || group.pairs.some(({ key, bare }) => bare !== undefined && isHelp(key));
  if (wantsHelp) draft.deviceHelp ??= driver ?? "help";
}

/** `-object`, in either form. Returns the type whose help is wanted. */
export function addObject(draft: Draft, occurrence: Occurrence): string | undefined {
  if (occurrence.argument.startsWith("{")) {
    const value = at(occurrence, () => readObject(occurrence.argument));
    draft.jsonObjects.push({ occurrence, value });
    at(occurrence, () => {
      for (const key of ["qom-type", "id"]) {
        if (value[key] === undefined) throw commandLineErrors.KEY_MISSING(key);
        if (typeof value[key] !== "string") throw commandLineErrors.VALUE_TYPE(key, "string");
      }
    });
    return undefined;
  }
  const group = draft.lists.object.add(occurrence);
  const type = valueOf(group, "qom-type");
  if (type === undefined) throw commandLineErrors.KEY_MISSING("qom-type").from(originOf(occurrence));
  if (isHelp(type) || group.pairs.some(({ key, bare }) => bare !== undefined && isHelp(key))) return type;
  if (group.id === undefined) throw commandLineErrors.KEY_MISSING("id").from(originOf(occurrence));
  return undefined;
}

export function objectDefinitions(draft: Draft): ObjectDefinition[] {
  const given = draft.lists.object.groups.map(({ id = "", pairs, occurrence }): ObjectDefinition => {
    const { "qom-type": type = "", ...properties } = lastValues(pairs);
    return { type, id, properties, form: "opts", origin: originOf(occurrence) };
  });
  const json = draft.jsonObjects.map(({ occurrence, value }): ObjectDefinition => {
    const { "qom-type": type, id, ...properties } = value;
    // That both are there and are text was found when the option was read.
    return { type: textOf(type), id: textOf(id), properties, form: "json", origin: originOf(occurrence) };
  });
  return [...given, ...json];
}

export function deviceDefinitions(draft: Draft): DeviceDefinition[] {
  const given = draft.lists.device.groups.map(({ id, pairs, occurrence }): DeviceDefinition => {
    const { driver, bus, ...properties } = lastValues(pairs);
    if (driver === undefined) throw commandLineErrors.KEY_MISSING("driver").from(originOf(occurrence));
    return device(driver, id, bus, properties, "keyval", occurrence);
  });
  const json = draft.jsonDevices.map(({ occurrence, value }): DeviceDefinition => {
    const { driver, bus, id, ...properties } = value;
    if (typeof driver !== "string") throw commandLineErrors.KEY_MISSING("driver").from(originOf(occurrence));
    return device(driver, typeof id === "string" ? id : undefined, bus, properties, "json", occurrence);
  });
  return [...given, ...json];
}

function device(
  driver: string,
  id: string | undefined,
  bus: OptionValue | undefined,
  properties: OptionValues,
  form: "keyval" | "json",
  occurrence: Occurrence,
): DeviceDefinition {
  return {
    driver,
    properties,
    form,
    origin: originOf(occurrence),
    ...(id === undefined ? {} : { id }),
    ...(typeof bus === "string" ? { bus } : {}),
  };
}

const textOf = (value: OptionValue | undefined): string => (typeof value === "string" ? value : "");

function lastValues(pairs: readonly { readonly key: string; readonly value: string }[]): {
  readonly [key: string]: string;
} {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

function readObject(text: string): OptionValues {
  const result = parseJson(text);
  if ("error" in result) throw commandLineErrors.JSON(result.error);
  // The text begins with a brace, so what it is can only be an object.
  return optionValues(result.value as JsonObject);
}
