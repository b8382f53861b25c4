import {
  machineErrors,
  optionValues,
  q,
  type DeviceInstance,
  type Devices,
  type JsonObject,
  type JsonValue,
  type Qom,
  type UserObjects,
  type ValueForm,
} from "backplane";
import type { Migration } from "backplane/plugins/migration/contract";
import type { Pci } from "backplane/plugins/pci/contract";
import { monitorCommandErrors } from "./errors.ts";
import type { AddCommand } from "./add-command.ts";
import { objectOptions } from "./object-options.ts";

/** Commands that plug and unplug devices, and make and delete objects. */
export function hotPlug(add: AddCommand, services: HotPlugServices): void {
  const { objects } = services;
  add({
    name: "device_add",
    summary: "Plugs a device",
    arguments: q.open("q_obj_device_add-arg", { driver: q.str, "bus?": q.str, "id?": q.str }),
    result: q.none,
    features: ["json-cli", "json-cli-hotplug"],
    run: (args) => addDevice(services, args, "json"),
  });
  add({
    name: "device_del",
    summary: "Asks a device to go",
    arguments: q.struct("q_obj_device_del-arg", { id: q.str }),
    result: q.none,
    run: ({ id }) => removeDevice(services, id),
  });
  add({
    name: "object-add",
    summary: "Makes an object",
    // What there is to add, plugins say one after the other.
    get arguments() {
      return objectOptions(objects.types());
    },
    result: q.none,
    preconfig: true,
    run: (args) => addObject(objects, args),
  });
  add({
    name: "object-del",
    summary: "Deletes an object",
    arguments: q.struct("q_obj_object-del-arg", { id: q.str }),
    result: q.none,
    preconfig: true,
    run: ({ id }) => objects.remove(id),
  });
}

export interface HotPlugServices {
  readonly devices: Devices;
  readonly objects: UserObjects;
  readonly qom: Qom;
  readonly migration: Migration | undefined;
  readonly pci: Pci | undefined;
}

/** `form` says where the values were written: over QMP they are typed, in a line of text they are text. */
export function addDevice({ devices, migration }: HotPlugServices, args: JsonObject, form: ValueForm): void {
  const { driver, id, bus, ...properties } = args;
  if (typeof driver !== "string") throw monitorCommandErrors.PARAMETER_NEEDED("driver");
  const type = devices.types().find(({ name }) => name === driver);
  if (type === undefined) throw machineErrors.DEVICE_TYPE_UNKNOWN(driver);
  if (type.userCreatable === false) throw machineErrors.DEVICE_NOT_USER_CREATABLE(driver);
  const target = devices.findBus(type, text(bus));
  if (migration?.isRunning === true) throw monitorCommandErrors.NOT_WHILE_MIGRATING("device_add");
  if (type.hotpluggable === false) throw monitorCommandErrors.DEVICE_NOT_HOTPLUGGABLE(driver);
  if (target?.refuses?.(true) !== undefined) throw monitorCommandErrors.BUS_NOT_HOTPLUGGABLE(target.name);
  devices.create({
    driver,
    form,
    properties: optionValues(properties),
    ...(typeof id === "string" ? { id } : {}),
    ...(target === undefined ? {} : { bus: target.name }),
  });
}

export async function removeDevice({ devices, migration, pci }: HotPlugServices, id: string): Promise<void> {
  const instance = findDevice(devices, id);
  const { device, context } = instance;
  const candidate = pci?.functions().find((occupant) => occupant.device === context);
  if (candidate?.isLeaving === true) throw monitorCommandErrors.DEVICE_LEAVING(id);
  if (context.bus?.refuses?.(true) !== undefined) throw monitorCommandErrors.BUS_NOT_HOTPLUGGABLE(context.bus.name);
  if (context.type.hotpluggable === false || device.unplug === undefined) {
    throw monitorCommandErrors.DEVICE_NOT_HOTPLUGGABLE(context.type.name);
  }
  if (migration?.isRunning === true) throw monitorCommandErrors.NOT_WHILE_MIGRATING("device_del");
  device.unplug();
}

function findDevice(devices: Devices, id: string): DeviceInstance {
  const found = devices.byId(id) ?? devices.all().find(({ context }) => context.path === id);
  if (found !== undefined) return found;
  if (id === "/machine" || id === "/objects") throw monitorCommandErrors.NOT_A_DEVICE(id);
  throw machineErrors.LINK_NOT_FOUND(id);
}

function addObject(objects: UserObjects, args: JsonObject): void {
  const { "qom-type": type, id, ...properties } = args;
  objects.create({ type: text(type) ?? "", id: text(id) ?? "", properties: optionValues(properties), form: "json" });
}

const text = (value: JsonValue | undefined): string | undefined => (typeof value === "string" ? value : undefined);
