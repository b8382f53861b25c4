// The PCI Express host bridge. _OSC: PCI Firmware Specification 3.3 §4.5; its frame: ACPI 6.5 §6.2.11.
import {
  type AmlNode,
  And,
  Arg,
  CreateDWordField,
  DWordMemory,
  Device,
  EisaId,
  Else,
  If,
  LEqual,
  LNotEqual,
  Local,
  Method,
  Name,
  Or,
  QWordMemory,
  ResourceTemplate,
  Return,
  Scope,
  Store,
  Text,
  ToUUID,
} from "../aml/index.ts";
import type { Range } from "./ranges.ts";
import { staticLabels } from "./pci-labels.ts";

export interface HostBridgeFacts {
  /** The operating system may run hot-plug itself; not while ACPI does it. */
  readonly nativeHotplug: boolean;
  /** Default 0. */
  readonly uid?: number;
  /** The memory-mapped configuration space, once the firmware has placed it. */
  readonly mmConfig?: Range;
}

const HOST_BRIDGE = "33DB4D5B-1FF7-401C-9657-7441C03DD766";

const GRANT = { nativeHotplug: 0x01, shpc: 0x02, pme: 0x04, aer: 0x08, capability: 0x10 } as const;
const UNRECOGNIZED_UUID = 0x04;
const UNRECOGNIZED_REVISION = 0x08;
const MASKED = 0x10;

/** Negotiates what the operating system controls itself. Also used by expander bridges. */
export function operatingSystemCapabilities(nativeHotplug: boolean): AmlNode {
  const buffer = Arg(3);
  const granted = Local(0);
  const always = GRANT.shpc | GRANT.pme | GRANT.aer | GRANT.capability;
  return Method(
    "_OSC",
    4,
    CreateDWordField(buffer, 0, "CDW1"),
    If(
      LEqual(Arg(0), ToUUID(HOST_BRIDGE)),
      CreateDWordField(buffer, 4, "CDW2"),
      CreateDWordField(buffer, 8, "CDW3"),
      Store("CDW3", granted),
      And(granted, nativeHotplug ? always | GRANT.nativeHotplug : always, granted),
      If(LNotEqual(Arg(1), 1), Or("CDW1", UNRECOGNIZED_REVISION, "CDW1")),
      If(LNotEqual("CDW3", granted), Or("CDW1", MASKED, "CDW1")),
      Store(granted, "CDW3"),
    ),
    Else(Or("CDW1", UNRECOGNIZED_UUID, "CDW1")),
    Return(buffer),
  );
}

/** Keeps the system from placing anything over the configuration space. */
function configSpaceReservation({ first, last }: Range): AmlNode {
  const form = { writable: true };
  const range = { first, last };
  const window = last > 0xffffffff ? QWordMemory(form, range) : DWordMemory(form, range);
  return Device("DRAC", Name("_HID", Text("PNP0C01")), Name("_CRS", ResourceTemplate(window)));
}

export function hostBridge(facts: HostBridgeFacts): readonly AmlNode[] {
  const bridge = Device(
    "PCI0",
    Name("_HID", EisaId("PNP0A08")),
    Name("_CID", EisaId("PNP0A03")),
    Name("_UID", facts.uid ?? 0),
    operatingSystemCapabilities(facts.nativeHotplug),
    staticLabels(),
  );
  return [Scope("_SB", bridge, ...(facts.mmConfig ? [configSpaceReservation(facts.mmConfig)] : []))];
}
