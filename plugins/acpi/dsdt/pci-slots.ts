// Slots that ACPI plugs devices into: _SUN (ACPI 6.5 §6.1.11), _EJ0 (§6.3.3), and the notification of their devices.
import { type AmlNode, And, Arg, Call, Device, If, Method, Name, Notify, Scope } from "../aml/index.ts";
import { slotMethod } from "./pci-labels.ts";
import {
  type PciBusFacts,
  type PciFunctionFacts,
  functionOf,
  isDescribed,
  pciAddress,
  pciName,
  slotOf,
} from "./pci-facts.ts";

const DEVFNS = 256;

/** A device that is there can leave, except a bridge that has always been there. */
function canLeave(pciFunction: PciFunctionFacts): boolean {
  const { hotpluggable, hotplugged, secondary } = pciFunction;
  return isDescribed(pciFunction) && hotpluggable && (secondary === undefined || hotplugged);
}

/** Into an empty place can go a device of one function; an Express link has only one place. */
function canBeFilled(bus: PciBusFacts, devfn: number): boolean {
  return functionOf(devfn) === 0 && !(bus.express && slotOf(devfn) > 0);
}

function slot(devfn: number, occupied: boolean): AmlNode {
  const number = slotOf(devfn);
  const body = [
    // What _DSM reads; _SUN is there for the system.
    Name("ASUN", number),
    slotMethod(),
    Name("_SUN", number),
    Method("_EJ0", 1, Call("PCEJ", "BSEL", "_SUN")),
  ];
  return occupied ? Scope(pciName(devfn), ...body) : Device(pciName(devfn), Name("_ADR", pciAddress(devfn)), ...body);
}

/** The bus's slots, and `DVNT`, which notifies those whose bits are set in its argument. */
export function hotplugSlots(bus: PciBusFacts): readonly AmlNode[] {
  if (bus.selector === undefined) return [];
  const slots: AmlNode[] = [];
  const notifications: AmlNode[] = [];
  const present = new Map(bus.functions.map((pciFunction) => [pciFunction.devfn, pciFunction]));
  for (let devfn = 0; devfn < DEVFNS; devfn++) {
    const occupant = present.get(devfn);
    if (!(occupant ? canLeave(occupant) : canBeFilled(bus, devfn))) continue;
    slots.push(slot(devfn, occupant !== undefined));
    const number = slotOf(devfn);
    // The notification goes to the whole device, which is its function 0.
    notifications.push(If(And(Arg(0), 2 ** number), Notify(pciName(devfn - functionOf(devfn)), Arg(1))));
  }
  return [Name("BSEL", bus.selector), ...slots, Method("DVNT", 2, ...notifications)];
}
