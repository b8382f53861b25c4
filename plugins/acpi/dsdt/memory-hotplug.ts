// Memory slots: ACPI 6.5 §9.11 (memory devices), §6.3.5 (_OST), §6.2.14 (_PXM). The register block is the peer's
// (docs/specs/acpi_mem_hotplug): select a slot, then read what is in it and acknowledge its events.
import {
  Acquire,
  Add,
  type AmlNode,
  Arg,
  Call,
  CreateDWordField,
  DWordMemory,
  Device,
  EisaId,
  Else,
  Field,
  IO,
  If,
  LEqual,
  LLess,
  Local,
  Locked,
  Method,
  Mutex,
  Name,
  Notify,
  OperationRegion,
  QWordMemory,
  Release,
  ResourceTemplate,
  Return,
  Store,
  Subtract,
  Text,
  ToInteger,
  While,
} from "../aml/index.ts";

export interface MemoryHotplugFacts {
  readonly slots: number;
  readonly base: number;
}

const REGISTERS = "\\_SB.PCI0.MHPD";
const REGISTER_BLOCK_LENGTH = 24;
const NOTIFY_DEVICE_CHECK = 1;
const NOTIFY_EJECT_REQUEST = 3;
const PRESENT = 0x0f;
/** Present, enabled and functioning, but not shown to users (ACPI 6.5 §6.3.7). */
const HIDDEN = 0x0b;

const hexByte = (slot: number): string => slot.toString(16).toUpperCase().padStart(2, "0");
const slotName = (slot: number): string => `MP${hexByte(slot)}`;

function registers(base: number): AmlNode {
  return Device(
    REGISTERS,
    Name("_HID", Text("PNP0A06")),
    Name("_UID", Text("Memory hotplug resources")),
    Name("_CRS", ResourceTemplate(IO(base, REGISTER_BLOCK_LENGTH, 0))),
    OperationRegion("HPMR", "SystemIO", base, REGISTER_BLOCK_LENGTH),
  );
}

/** Reading tells about the slot, writing selects it: the same addresses have two meanings. */
function fields(): readonly AmlNode[] {
  const region = `${REGISTERS}.HPMR`;
  const dwords = { access: "DWordAcc", update: "Preserve" } as const;
  const bytes = { access: "ByteAcc", update: "WriteAsZeros" } as const;
  return [
    Field(region, dwords, ["MRBL", 32], ["MRBH", 32], ["MRLL", 32], ["MRLH", 32], ["MPX", 32]),
    Field(region, bytes, { skip: 160 }, ["MES", 1], ["MINS", 1], ["MRMV", 1], ["MEJ", 1]),
    Field(region, dwords, ["MSEL", 32], ["MOEV", 32], ["MOSC", 32]),
  ];
}

/** `MSCN`: finds slots with events and tells the system about them. */
function scan(): AmlNode {
  const slot = Local(0);
  const onEvent = (event: string, code: number): AmlNode =>
    If(LEqual(event, 1), Call("MTFY", slot, code), Store(1, event));
  return Method(
    "MSCN",
    0,
    If(LEqual("MDNR", 0), Return(0)),
    Store(0, slot),
    Locked(
      "MLCK",
      While(
        LLess(slot, "MDNR"),
        Store(slot, "MSEL"),
        onEvent("MINS", NOTIFY_DEVICE_CHECK),
        Else(onEvent("MRMV", NOTIFY_EJECT_REQUEST)),
        Add(slot, 1, slot),
      ),
    ),
    Return(1),
  );
}

const selectSlot = Store(ToInteger(Arg(0)), "MSEL");

/** Byte offsets in an address space descriptor: behind three bytes of header and three of flags comes the granularity. */
const QWORD = { minimum: 14, maximum: 22, length: 38 } as const;
const DWORD = { minimum: 10, maximum: 14, length: 22 } as const;

/** `MCRS`: the range of a slot's module, as a 32-bit descriptor if it fits. AML of revision 1 has 32-bit arithmetic. */
function resources(): AmlNode {
  const form = { cacheable: true, writable: true };
  // The bounds are filled in; these make the unfilled descriptor as long as it can be.
  const any32 = { first: 0, last: 0xfffffffe, length: 0xffffffff };
  const any64 = { first: 0n, last: 0xffff_ffff_ffff_fffen, length: 0xffff_ffff_ffff_ffffn };
  return Method(
    "MCRS",
    { args: 1, serialized: true },
    Acquire("MLCK"),
    selectSlot,
    Name("MR64", ResourceTemplate(QWordMemory(form, any64))),
    CreateDWordField("MR64", QWORD.minimum, "MINL"),
    CreateDWordField("MR64", QWORD.minimum + 4, "MINH"),
    CreateDWordField("MR64", QWORD.length, "LENL"),
    CreateDWordField("MR64", QWORD.length + 4, "LENH"),
    CreateDWordField("MR64", QWORD.maximum, "MAXL"),
    CreateDWordField("MR64", QWORD.maximum + 4, "MAXH"),
    Store("MRBH", "MINH"),
    Store("MRBL", "MINL"),
    Store("MRLH", "LENH"),
    Store("MRLL", "LENL"),
    // maximum = minimum + length - 1, with the carry and the borrow done by hand.
    Add("MINL", "LENL", "MAXL"),
    Add("MINH", "LENH", "MAXH"),
    If(LLess("MAXL", "MINL"), Add("MAXH", 1, "MAXH")),
    If(LLess("MAXL", 1), Subtract("MAXH", 1, "MAXH")),
    Subtract("MAXL", 1, "MAXL"),
    If(
      LEqual("MAXH", 0),
      Name("MR32", ResourceTemplate(DWordMemory(form, any32))),
      CreateDWordField("MR32", DWORD.minimum, "MIN"),
      CreateDWordField("MR32", DWORD.maximum, "MAX"),
      CreateDWordField("MR32", DWORD.length, "LEN"),
      Store("MINL", "MIN"),
      Store("MAXL", "MAX"),
      Store("LENL", "LEN"),
      Release("MLCK"),
      Return("MR32"),
    ),
    Release("MLCK"),
    Return("MR64"),
  );
}

/** What the slots' own methods call, with the slot's `_UID` as first argument. */
function slotMethods(): readonly AmlNode[] {
  return [
    Method(
      "MRST",
      1,
      Store(0, Local(0)),
      Locked("MLCK", selectSlot, If(LEqual("MES", 1), Store(PRESENT, Local(0)))),
      Return(Local(0)),
    ),
    resources(),
    Method("MPXM", 1, Locked("MLCK", selectSlot, Store("MPX", Local(0))), Return(Local(0))),
    Method("MOST", 4, Locked("MLCK", selectSlot, Store(Arg(1), "MOEV"), Store(Arg(2), "MOSC"))),
    Method("MEJ0", 2, Locked("MLCK", selectSlot, Store(1, "MEJ"))),
  ];
}

function slotDevice(slot: number): AmlNode {
  return Device(
    slotName(slot),
    Name("_UID", Text(`0x${hexByte(slot)}`)),
    Name("_HID", EisaId("PNP0C80")),
    Method("_CRS", 0, Return(Call("MCRS", "_UID"))),
    Method("_STA", 0, Return(Call("MRST", "_UID"))),
    Method("_PXM", 0, Return(Call("MPXM", "_UID"))),
    Method("_OST", 3, Call("MOST", "_UID", Arg(0), Arg(1), Arg(2))),
    Method("_EJ0", 1, Call("MEJ0", "_UID", Arg(0))),
  );
}

export function memoryHotplug({ slots, base }: MemoryHotplugFacts): readonly AmlNode[] {
  const all = Array.from({ length: slots }, (_, slot) => slot);
  const container = Device(
    "\\_SB.MHPC",
    Name("_HID", Text("PNP0A06")),
    Name("_UID", Text("DIMM devices")),
    Name("MDNR", slots),
    ...fields(),
    Method("_STA", 0, If(LEqual("MDNR", 0), Return(0)), Return(HIDDEN)),
    Mutex("MLCK"),
    scan(),
    ...slotMethods(),
    ...all.map(slotDevice),
    Method("MTFY", 2, ...all.map((slot) => If(LEqual(Arg(0), slot), Notify(slotName(slot), Arg(1))))),
  );
  return [registers(base), container, Method("\\_GPE._E03", 0, Call("\\_SB.MHPC.MSCN"))];
}
