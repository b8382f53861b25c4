// The PCI tree in the namespace: a device object per function, with its address (ACPI 6.5 §6.1.1), and in it what only
// the device itself knows.
import { type AmlNode, Device, Method, Name, Return, Scope } from "../aml/index.ts";
import { staticDeviceMethod } from "./pci-labels.ts";
import { type PciBusFacts, type PciFunctionFacts, isDescribed, pciAddress, pciName } from "./pci-facts.ts";
import { hotplugSlots } from "./pci-slots.ts";

function device(bus: PciBusFacts, pciFunction: PciFunctionFacts): AmlNode {
  const { devfn, hotpluggable, hotplugged, acpiIndex, secondary } = pciFunction;
  const stays = !(hotpluggable && bus.hotpluggable);
  return Device(
    pciName(devfn),
    Name("_ADR", pciAddress(devfn)),
    ...(pciFunction.describe?.() ?? []),
    ...(secondary && !hotplugged ? busDevices(secondary) : []),
    ...(acpiIndex !== undefined && stays ? [staticDeviceMethod(acpiIndex)] : []),
  );
}

/** The functions on a bus, then its slots if devices can be plugged into them. */
export function busDevices(bus: PciBusFacts): readonly AmlNode[] {
  const present = bus.functions.filter(isDescribed).sort((left, right) => left.devfn - right.devfn);
  return [...present.map((pciFunction) => device(bus, pciFunction)), ...hotplugSlots(bus)];
}

export function pciDevices(root: PciBusFacts): readonly AmlNode[] {
  return [Scope("\\_SB", Scope("PCI0", ...busDevices(root)))];
}

/** A VGA adapter: it keeps its state in no sleep state (_SxD, §7.3.7 to §7.3.9). */
export function vgaSleepStates(): readonly AmlNode[] {
  return ["_S1D", "_S2D", "_S3D"].map((name) => Method(name, 0, Return(0)));
}
