// A virtio device apart from its transport: in the device tree it sits on a bus of its own behind the card.
import { injectable, type Bus, type Device, type DeviceType, type PropertyTable } from "backplane";

/** The bus between a card and the device on it; nothing else goes there. */
export class VirtioBus implements Bus {
  readonly name = "virtio-bus";
  readonly kinds = ["virtio-pci-bus", "virtio-bus"];
  readonly hasRoom = false;

  refuses(hotplug: boolean): string | undefined {
    return hotplug ? "Bus 'virtio-bus' does not support hotplugging" : undefined;
  }
}

export function backendType(name: string, parent: string, properties: PropertyTable): DeviceType {
  return { name, parent, bus: "virtio-bus", userCreatable: false, hotpluggable: false, properties };
}

/** It has the properties that the card was given for it; what it does, the card's own class does. */
@injectable()
export class VirtioBackendDevice implements Device {}
