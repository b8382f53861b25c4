import {
  machineErrors,
  optionValues,
  q,
  type DeviceInstance,
  type Devices,
  type JsonObject,
  type JsonValue,
  type UserObjects,
} from "backplane";
import type { Migration } from "backplane/plugins/migration/contract";
import { monitorCommandErrors } from "./errors.ts";
import type { AddCommand } from "./add-command.ts";

/** Commands that plug and unplug devices, and make and delete objects. */
export function hotPlug(
  add: AddCommand,
  devices: Devices,
  objects: UserObjects,
  migration: Migration | undefined,
): void {
  add({
    name: "device_add",
    summary: "Plugs a device",
    arguments: q.object,
    run: (args) => addDevice(devices, migration, args),
  });
  add({
    name: "device_del",
    summary: "Asks a device to go",
    arguments: q.struct("device_del", { id: q.str }),
    run: ({ id }) => removeDevice(devices, migration, id),
  });
  add({
    name: "object-add",
    summary: "Makes an object",
    arguments: q.object,
    run: (args) => addObject(objects, args),
  });
  add({
    name: "object-del",
    summary: "Deletes an object",
    arguments: q.struct("object-del", { id: q.str }),
    run: ({ id }) => objects.remove(id),
  });
}

function addDevice(devices: Devices, migration: Migration | undefined, args: JsonObject): void {
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
    form: "json",
    properties: optionValues(properties),
    ...(typeof id === "string" ? { id } : {}),
    ...(target === undefined ? {} : { bus: target.name }),
  });
}

async function removeDevice(devices: Devices, migration: Migration | undefined, id: string): Promise<void> {
  const instance = findDevice(devices, id);
  const { device, context } = instance;
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
  if (type === undefined) throw monitorCommandErrors.PARAMETER_NEEDED("qom-type");
  if (typeof type !== "string") throw machineErrors.PROPERTY_TYPE("qom-type", "string");
  if (!objects.types().some(({ name }) => name === type)) throw machineErrors.OBJECT_TYPE_UNKNOWN(type);
  if (id === undefined) throw monitorCommandErrors.PARAMETER_NEEDED("id");
  if (typeof id !== "string") throw machineErrors.PROPERTY_TYPE("id", "string");
  objects.create({ type, id, properties: optionValues(properties), form: "json" });
}

const text = (value: JsonValue | undefined): string | undefined => (typeof value === "string" ? value : undefined);
