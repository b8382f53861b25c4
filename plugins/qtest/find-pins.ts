import type { DeviceGpio, Devices, Qom } from "backplane";

/** The pins of the device at a path of the object tree, or at a part of one that leads to a single object. */
export function findPins(qom: Qom, devices: Devices, path: string): DeviceGpio | undefined {
  const found = qom.find(path);
  return found && devices.all().find(({ context }) => context.object === found)?.context.gpio;
}
