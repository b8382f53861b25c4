import type { MachineDefinition } from "../config/definition.ts";
import type { DeviceDefinition } from "./component.ts";
import type { MachineProperties, MachineType } from "./machine-type.ts";

/** Devices that come with the board, in the order in which they are made. */
export function boardDevices(
  type: MachineType,
  settings: MachineProperties,
  { boardDevices: added = [] }: MachineDefinition,
): readonly DeviceDefinition[] {
  const devices: DeviceDefinition[] = type.devices.filter(({ when }) => when === undefined || settings.enabled(when));
  const own = devices.map(({ driver }) => driver);
  for (const { after, ...device } of added) {
    const place = after === undefined ? -1 : own.lastIndexOf(after);
    devices.splice(place < 0 ? devices.length : place + 1, 0, device);
    own.splice(place < 0 ? own.length : place + 1, 0, after ?? device.driver);
  }
  return devices;
}
