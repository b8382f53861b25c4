// How the system learns the index that a user gave to a PCI device: the _DSM for naming a device under operating
// systems, PCI Firmware Specification 3.3 §4.6.7, and its query function, §4.6.1.
import {
  type AmlNode,
  Arg,
  Bytes,
  Call,
  DerefOf,
  If,
  Index,
  LEqual,
  LLess,
  LNot,
  LNotEqual,
  LOr,
  Local,
  Method,
  Or,
  Package,
  Return,
  ShiftLeft,
  Store,
  Text,
  ToUUID,
  Zero,
} from "../aml/index.ts";

const DEVICE_LABELING = "E5C937D0-3553-4D7A-9117-EA4D19C3434D";
const QUERY = 0;
const NAME_DEVICE = 7;
/** The register's answer where the host knows no indices. */
const NOT_SUPPORTED = 0xffffffff;

const uuid = Arg(0);
const revision = Arg(1);
const requested = Arg(2);
/** Not of the _DSM: the caller adds what identifies the device. */
const device = Arg(4);

/** The start of a query: an empty set of functions, which is the answer to an unknown UUID or revision. */
function refuseStrangers(result: AmlNode): readonly AmlNode[] {
  return [
    Store(Bytes([0]), result),
    If(LNotEqual(uuid, ToUUID(DEVICE_LABELING)), Return(result)),
    If(LLess(revision, 2), Return(result)),
  ];
}

/** `EDSM`: labels a device that stays where it is. `device` holds its index. */
export function staticLabels(): AmlNode {
  const result = Local(0);
  const index = Local(1);
  return Method(
    "EDSM",
    { args: 5, serialized: true },
    If(
      LEqual(requested, QUERY),
      ...refuseStrangers(result),
      Store((1 << QUERY) | (1 << NAME_DEVICE), Index(result, 0)),
      Return(result),
    ),
    If(
      LEqual(requested, NAME_DEVICE),
      Store(Package([Zero, Text("")]), result),
      // Package elements are constants (ACPI 6.5 §20.2.5.4), so the index follows by a store.
      Store(DerefOf(Index(device, 0)), index),
      Store(index, Index(result, 0)),
      Return(result),
    ),
  );
}

/** `PDSM`: labels what is plugged into a slot at the moment. `device` holds the bus selector and the slot. */
export function slotLabels(): AmlNode {
  const result = Local(0);
  const functions = Local(1);
  const index = Local(2);
  const askHost = Store(Call("AIDX", DerefOf(Index(device, 0)), DerefOf(Index(device, 1))), index);
  return Method(
    "PDSM",
    { args: 5, serialized: true },
    If(
      LEqual(requested, QUERY),
      ...refuseStrangers(result),
      Store(0, functions),
      askHost,
      If(
        LNot(Or(LEqual(index, 0), LEqual(index, NOT_SUPPORTED))),
        Or(functions, 1 << QUERY, functions),
        Or(functions, ShiftLeft(1, NAME_DEVICE), functions),
      ),
      Store(functions, Index(result, 0)),
      Return(result),
    ),
    If(
      LEqual(requested, NAME_DEVICE),
      askHost,
      // Asked without an index, both elements stay uninitialized, which nobody takes for a name.
      Store(Package([], 2), result),
      If(
        LNot(LOr(LEqual(index, 0), LEqual(index, NOT_SUPPORTED))),
        Store(index, Index(result, 0)),
        Store(Text(""), Index(result, 1)),
      ),
      Return(result),
    ),
  );
}

/** The `_DSM` of a device that cannot leave, with its index. */
export function staticDeviceMethod(index: number): AmlNode {
  return deviceMethod("EDSM", [Store(Package([index]), Local(0))]);
}

/** The `_DSM` of a slot; its bus declares `BSEL` and the slot itself `ASUN`. */
export function slotMethod(): AmlNode {
  return deviceMethod("PDSM", [
    Store(Package([Zero, Zero]), Local(0)),
    Store("BSEL", Index(Local(0), 0)),
    Store("ASUN", Index(Local(0), 1)),
  ]);
}

function deviceMethod(handler: string, identify: readonly AmlNode[]): AmlNode {
  const call = Call(handler, Arg(0), Arg(1), Arg(2), Arg(3), Local(0));
  return Method("_DSM", { args: 4, serialized: true }, ...identify, Return(call));
}
