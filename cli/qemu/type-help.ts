import {
  DEVICES,
  Machine,
  USER_OBJECTS,
  type DeviceType,
  type MachineDefinition,
  type MachineType,
  type ObjectType,
  type Property,
  type PropertyTable,
} from "backplane";
import { propertyLine } from "./help.ts";

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

export interface KnownTypes {
  readonly devices: readonly DeviceType[];
  readonly objects: readonly ObjectType[];
}

/** Types are registered by a machine's plugins, so a machine is made and let go of again. */
export async function typesOf(type: MachineType): Promise<KnownTypes> {
  const size = Math.max(type.defaultMemory, 0);
  const definition: MachineDefinition = {
    machine: { type: type.name, properties: {} },
    memory: { size, slots: 0, maxSize: size },
    cpu: { topology: {} },
    plugins: [],
    objects: [],
    devices: [],
    options: {},
    paused: true,
  };
  const machine = await Machine.create(definition, { types: [type] });
  const known = { devices: machine.service(DEVICES).types(), objects: machine.service(USER_OBJECTS).types() };
  await machine.dispose();
  return known;
}

export function machineListText(types: readonly MachineType[]): string {
  const lines = types.flatMap(({ name, aliases = [], description }) => [
    ...aliases.map((alias) => `${alias.padEnd(20)} ${description} (alias of ${name})\n`),
    `${name.padEnd(20)} ${description}\n`,
  ]);
  return `Supported machines are:\n${lines.join("")}`;
}

export function machineTypeText(type: MachineType): string {
  return tableText(`${type.name}-machine`, type.properties, false);
}

export function deviceListText({ devices }: KnownTypes): string {
  const sections = Object.entries(HEADINGS).flatMap(([category, heading]) => {
    const members = devices
      .filter((type) => type.userCreatable !== false && (type.category ?? "uncategorized") === category)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return members.length === 0 ? [] : [`${heading} devices:\n${members.map(deviceLine).join("")}`];
  });
  return sections.join("\n");
}

function deviceLine({ name, bus, description }: DeviceType): string {
  return `name "${name}"${bus === undefined ? "" : `, bus ${bus}`}${description === undefined ? "" : `, desc "${description}"`}\n`;
}

export function deviceText(type: DeviceType): string {
  return tableText(type.name, type.properties, true);
}

export function objectListText({ objects }: KnownTypes): string {
  return `List of user creatable objects:\n${objects
    .map(({ name }) => `  ${name}\n`)
    .sort()
    .join("")}`;
}

export function objectText(type: ObjectType): string {
  return tableText(type.name, type.properties, false);
}

function tableText(name: string, table: PropertyTable, withDefaults: boolean): string {
  const keys = Object.keys(table);
  if (keys.length === 0) return `There are no options for ${name}.\n`;
  const lines = keys.map((key) => {
    const property = table[key];
    if (property === undefined) return "";
    const description = property.description ?? (withDefaults ? wordsFor(property) : undefined);
    const shownType = withDefaults ? property.type : objectTypeName(property.type);
    return propertyLine(key, shownType, description, withDefaults ? defaultText(property) : undefined);
  });
  return `${name} options:\n${lines.sort().join("")}`;
}

/** Objects have wider types than devices: whole numbers and sizes are all `int`. */
function objectTypeName(type: string): string {
  if (/^(?:size|u?int(?:8|16|32|64))$/.test(type)) return "int";
  return type === "str" ? "string" : type;
}

/** What the peer says of a property that nobody described. */
function wordsFor({ type }: Property<unknown>): string | undefined {
  if (type === "bool") return "on/off";
  return type === "OnOffAuto" ? "on/off/auto" : undefined;
}

function defaultText({ default: value }: Property<unknown>): string | undefined {
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "number" || typeof value === "string" ? String(value) : undefined;
}
