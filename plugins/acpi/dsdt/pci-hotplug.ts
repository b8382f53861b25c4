// ACPI PCI hot-plug: the registers (the peer's docs/specs/acpi_pci_hotplug) and the event that makes the system look.
import {
  Acquire,
  type AmlNode,
  Arg,
  Call,
  Field,
  Local,
  Locked,
  Method,
  Mutex,
  OperationRegion,
  Release,
  Return,
  Scope,
  ShiftLeft,
  Store,
} from "../aml/index.ts";
import { type PciBusFacts, pciName } from "./pci-facts.ts";
import { slotLabels } from "./pci-labels.ts";

const LOCK = "\\_SB.PCI0.BLCK";
const NOTIFY_DEVICE_CHECK = 1;
const NOTIFY_EJECT_REQUEST = 3;

/** Offsets within the register block. */
const PENDING = 0;
const EJECT = 8;
const SELECT = 16;

/** The registers and the methods that devices call: `PCEJ` ejects a slot, `AIDX` reads its device's index. */
export function pciHotplug({ base }: { readonly base: number }): readonly AmlNode[] {
  const dwords = { access: "DWordAcc", update: "WriteAsZeros" } as const;
  const slotBit = ShiftLeft(1, Arg(1));
  return [
    Scope(
      "_SB.PCI0",
      OperationRegion("PCST", "SystemIO", base + PENDING, 8),
      Field("PCST", dwords, ["PCIU", 32], ["PCID", 32]),
      OperationRegion("SEJ", "SystemIO", base + EJECT, 4),
      Field("SEJ", dwords, ["B0EJ", 32]),
      OperationRegion("BNMR", "SystemIO", base + SELECT, 8),
      Field("BNMR", dwords, ["BNUM", 32], ["PIDX", 32]),
      Mutex("BLCK"),
      Method("PCEJ", 2, Locked("BLCK", Store(Arg(0), "BNUM"), Store(slotBit, "B0EJ")), Return(0)),
      Method(
        "AIDX",
        2,
        Locked("BLCK", Store(Arg(0), "BNUM"), Store(slotBit, "PIDX"), Store("PIDX", Local(0))),
        Return(Local(0)),
      ),
      slotLabels(),
    ),
  ];
}

interface Watch {
  readonly terms: readonly AmlNode[];
  /** Some bus here or below has slots. */
  readonly watches: boolean;
}

/**
 * `PCNT` of a bus: notifies what has happened on it, then asks the buses behind its bridges. Buses come newest first.
 * Once one of them has slots, every older one is asked as well, slots or not: the peer counts over all of them.
 */
function watch(bus: PciBusFacts): Watch {
  const scopes: AmlNode[] = [];
  const calls: AmlNode[] = [];
  let watches = false;
  for (const { devfn, secondary } of bus.functions.toReversed()) {
    if (!secondary) continue;
    const below = watch(secondary);
    watches ||= below.watches;
    if (!watches) continue;
    scopes.push(Scope(pciName(devfn), ...below.terms));
    calls.push(Call(`^${pciName(devfn)}.PCNT`));
  }
  const own =
    bus.selector === undefined
      ? []
      : [
          Store(bus.selector, "BNUM"),
          Call("DVNT", "PCIU", NOTIFY_DEVICE_CHECK),
          Call("DVNT", "PCID", NOTIFY_EJECT_REQUEST),
        ];
  return { terms: [...scopes, Method("PCNT", 0, ...own, ...calls)], watches: watches || own.length > 0 };
}

/** The event's handler, `_E01`; empty while no bus has slots. */
export function pciEvents(root: PciBusFacts): readonly AmlNode[] {
  const { terms, watches } = watch(root);
  const ask = watches ? [Acquire(LOCK), Call("\\_SB.PCI0.PCNT"), Release(LOCK)] : [];
  return [...(watches ? [Scope("\\_SB.PCI0", ...terms)] : []), Scope("_GPE", Method("_E01", 0, ...ask))];
}

/** What decides whether a bus gets a selector: the tree of buses that can be plugged into. */
export interface SelectableBus<B> {
  readonly hotpluggable: boolean;
  /** In the order in which they were plugged. */
  readonly functions: readonly { readonly hotplugged: boolean; readonly secondary?: B }[];
}

/**
 * The buses to which the hot-plug controller gives the selectors 0, 1, 2 … at the machine's first reset, for good: those
 * that can be plugged into, each bus before the ones behind it, newest first. What is behind a bridge that was plugged
 * itself gets none.
 */
export function selectableBuses<B extends SelectableBus<B>>(root: B): readonly B[] {
  const behind = root.functions
    .toReversed()
    .flatMap(({ hotplugged, secondary }) => (secondary && !hotplugged ? selectableBuses(secondary) : []));
  return root.hotpluggable ? [root, ...behind] : behind;
}
