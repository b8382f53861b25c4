import {
  deviceListText,
  deviceText,
  monitorErrors,
  objectListText,
  objectText,
  type Disposable,
  type UserObjects,
} from "backplane";
import { h, type HumanCommands } from "backplane/plugins/hmp/contract";
import { addDevice, removeDevice, type HotPlugServices } from "./hot-plug.ts";
import { readObjectText } from "./object-text.ts";

/** The human monitor's ways to plug and unplug devices, and to make and delete objects; values are words there. */
export function humanHotPlug(human: HumanCommands, services: HotPlugServices): Disposable[] {
  const { devices, objects } = services;
  const first = (words: readonly string[], candidates: () => readonly string[]): readonly string[] =>
    words.length === 1 ? candidates() : [];
  return [
    human.add({
      name: "device_add",
      params: "driver[,prop=value][,...]",
      summary: "plugs a device, from what -device takes",
      arguments: { device: h.options },
      run({ device }) {
        const help = deviceHelp(services, device);
        if (help !== undefined) return help;
        if (device["driver"] === undefined) throw monitorErrors.PARAMETER_MISSING("driver");
        addDevice(services, device, "keyval");
        return "";
      },
      complete: (words) =>
        first(words, () =>
          devices
            .types()
            .filter(({ userCreatable }) => userCreatable !== false)
            .map(({ name }) => name),
        ),
    }),
    human.add({
      name: "device_del",
      params: "device",
      summary: "asks a device to go",
      arguments: { id: h.text },
      async run({ id }) {
        await removeDevice(services, id);
        return "";
      },
      complete: (words) => first(words, () => devices.all().flatMap(({ context }) => context.id ?? [])),
    }),
    human.add({
      name: "object_add",
      params: "[qom-type=]type,id=str[,prop=value][,...]",
      summary: "makes an object, from what -object takes",
      preconfig: true,
      arguments: { object: h.rest },
      run({ object }) {
        const { "qom-type": type, id, ...properties } = readObjectText(object);
        const help = objectHelp(objects, type, properties);
        if (help !== undefined) return help;
        if (type === undefined) throw monitorErrors.PARAMETER_MISSING("qom-type");
        if (!objects.types().some(({ name }) => name === type)) throw monitorErrors.PARAMETER_CHOICE("qom-type", type);
        if (id === undefined) throw monitorErrors.PARAMETER_MISSING("id");
        objects.create({ type, id, properties, form: "keyval" });
        return "";
      },
      complete: (words) => first(words, () => objects.types().map(({ name }) => name)),
    }),
    human.add({
      name: "object_del",
      params: "id",
      summary: "deletes an object",
      preconfig: true,
      arguments: { id: h.text },
      async run({ id }) {
        await human.query("object-del", { id });
        return "";
      },
      complete: (words) => first(words, () => objects.all().flatMap(({ context }) => context.id ?? [])),
    }),
  ];
}

type Words = { readonly [key: string]: string };

const isHelp = (word: string | undefined): boolean => word === "help" || word === "?";
const asksForHelp = (words: Words): boolean => (words["help"] ?? words["?"]) !== undefined;

/** `device_add help`, `device_add TYPE,help`; undefined where nobody asks. */
function deviceHelp({ devices, qom }: HotPlugServices, words: Words): string | undefined {
  const { driver } = words;
  const types = devices.types();
  if (isHelp(driver)) return deviceListText(types);
  if (driver === undefined || !asksForHelp(words)) return undefined;
  const type = types.find(({ name, alias }) => name === driver || alias === driver);
  if (type !== undefined) return deviceText(type);
  return qom.types.find(driver) === undefined
    ? `Device '${driver}' not found\n`
    : "Parameter 'typename' expects a non-abstract device type\n";
}

/** `object_add help`, `object_add TYPE,help`; a type that there is none of is answered with those that there are. */
function objectHelp(objects: UserObjects, name: string | undefined, words: Words): string | undefined {
  const types = objects.types();
  if (isHelp(name)) return objectListText(types);
  if (name === undefined || !asksForHelp(words)) return undefined;
  const type = types.find((candidate) => candidate.name === name);
  return type === undefined ? objectListText(types) : objectText(name, type.properties);
}
