import type { DeviceType, ObjectType } from "../machine/component.ts";
import type { Property, PropertyTable } from "../machine/property.ts";
import { defaultOf, descriptionOf, objectPropertyType } from "./table-properties.ts";

/** The peer's headings, in its order, by the category of devices. */
const HEADINGS: { readonly [C in NonNullable<DeviceType["category"]>]: string } = {
  bridge: "Controller/Bridge/Hub",
  usb: "USB",
  storage: "Storage",
  network: "Network",
  input: "Input",
  display: "Display",
  sound: "Sound",
  misc: "Misc",
  cpu: "CPU",
  watchdog: "Watchdog",
  uncategorized: "Uncategorized",
};

/** A key with what may be said of it, as every help text has it: the name to column 24, then ` - text`. */
export function propertyLine(
  name: string,
  type: string,
  description: string | undefined,
  fallback: string | undefined,
): string {
  const head = `  ${name}=<${type}>`;
  const tail = fallback === undefined ? "" : ` (default: ${fallback})`;
  if (description === undefined && fallback === undefined) return `${head}\n`;
  return `${head.padEnd(24)} - ${description ?? ""}${tail}\n`;
}

/** `-device help`. */
export function deviceListText(types: readonly DeviceType[]): string {
  const sections = Object.entries(HEADINGS).flatMap(([category, heading]) => {
    const members = types
      .filter((type) => type.userCreatable !== false && (type.category ?? "uncategorized") === category)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return members.length === 0 ? [] : [`${heading} devices:\n${members.map(deviceLine).join("")}`];
  });
  return sections.join("\n");
}

function deviceLine({ name, bus, alias, description }: DeviceType): string {
  const parts = [
    `name "${name}"`,
    ...(bus === undefined ? [] : [`bus ${bus}`]),
    ...(alias === undefined ? [] : [`alias "${alias}"`]),
    ...(description === undefined ? [] : [`desc "${description}"`]),
  ];
  return `${parts.join(", ")}\n`;
}

/** `-device TYPE,help`. */
export function deviceText({ name, properties, parts = {} }: DeviceType): string {
  const lines = Object.entries(properties).map(([key, property]) =>
    property.late === true
      ? propertyLine(key, property.type, property.description, undefined)
      : propertyLine(key, property.type, descriptionOf(property), defaultText(property)),
  );
  for (const [part, type] of Object.entries(parts)) lines.push(propertyLine(part, type, undefined, undefined));
  return optionsText(name, lines);
}

/** `-object help`. */
export function objectListText(types: readonly ObjectType[]): string {
  const lines = types.map(({ name }) => `  ${name}\n`).toSorted();
  return `List of user creatable objects:\n${lines.join("")}`;
}

/** `-object TYPE,help`; machine types have their help in the same form. */
export function objectText(name: string, properties: PropertyTable): string {
  const lines = Object.entries(properties)
    .filter(([, { readonly, late }]) => readonly !== true && late !== true)
    .map(([key, property]) => propertyLine(key, objectPropertyType(property), property.description, undefined));
  return optionsText(name, lines);
}

function optionsText(name: string, lines: readonly string[]): string {
  return lines.length === 0 ? `There are no options for ${name}.\n` : `${name} options:\n${lines.toSorted().join("")}`;
}

function defaultText(property: Property<unknown>): string | undefined {
  const value = defaultOf(property);
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "object" ? JSON.stringify(value) : value?.toString();
}
