// The VM Generation ID device: Microsoft, "Virtual Machine Generation ID" (August 2012), "ACPI device".
import {
  Add,
  Device,
  DWord,
  encodeTerms,
  If,
  Index,
  LEqual,
  Local,
  Method,
  Name,
  Notify,
  Package,
  Return,
  Scope,
  Store,
  Text,
} from "backplane/plugins/acpi/contract";
import { VMGENID_GUID_OFFSET, type VmgenidAml } from "./vmgenid-table.ts";

const PRESENT = 0x0f;
const GENERATION_CHANGED = 0x80;
const ADDRESS_SIZE = 4;

/** The body of the SSDT. The device is absent until the firmware has filled in the address. */
export function vmgenidSsdtBody(): VmgenidAml {
  const pageAddress = Name("VGIA", DWord(0));
  const device = Device(
    "VGEN",
    Name("_HID", Text("QEMUVGID")),
    Name("_CID", Text("VM_Gen_Counter")),
    Name("_DDN", Text("VM_Gen_Counter")),
    Method("_STA", 0, Store(PRESENT, Local(0)), If(LEqual("VGIA", 0), Store(0, Local(0))), Return(Local(0))),
    // Low and high half of the identifier's address.
    Method(
      "ADDR",
      0,
      Store(Package([], 2), Local(0)),
      Store(Add("VGIA", VMGENID_GUID_OFFSET), Index(Local(0), 0)),
      Store(0, Index(Local(0), 1)),
      Return(Local(0)),
    ),
  );
  const event = Method("\\_GPE._E05", 0, Notify("\\_SB.VGEN", GENERATION_CHANGED));
  return {
    aml: encodeTerms([pageAddress, Scope("\\_SB", device), event]),
    pageAddressOffset: pageAddress.length - ADDRESS_SIZE,
  };
}
