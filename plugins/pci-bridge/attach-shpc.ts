import type { DeviceContext, Devices, MemoryRegions } from "backplane";
import type { PciFunction } from "backplane/plugins/pci/contract";
import { StandardHotplugController } from "./shpc.ts";

/** Gives a bridge its hot-plug controller, which is in charge of the bus behind it unless ACPI is. */
export function attachHotplugController(
  bridge: PciFunction,
  {
    device,
    devices,
    regions,
    offset,
  }: {
    readonly device: DeviceContext;
    readonly devices: Devices;
    readonly regions: MemoryRegions;
    readonly offset: number;
  },
): StandardHotplugController {
  const eject = (slot: number): void => {
    for (const occupant of bridge.secondary?.functions.filter((candidate) => candidate.slot === slot) ?? []) {
      const instance = devices.all().find(({ context }) => context === occupant.device);
      if (instance === undefined) continue;
      devices.remove(instance).catch((error: unknown) => device.log.error("removal failed", { error }));
    }
  };
  const controller = new StandardHotplugController({ bridge, regions, offset, eject });
  controller.reset();
  controller.refreshWindow();
  const { secondary } = bridge;
  if (secondary !== undefined && secondary.hotplug === undefined) secondary.setHotplug(controller);
  return controller;
}
