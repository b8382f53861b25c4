// NVDIMM root device and devices: ACPI 6.5 §9.19 (namespace), §6.5.9 (_FIT), §6.5.10 (_LSI, _LSR, _LSW), §9.1.1 (_DSM).
// Requests go through a page of memory that both sides share; a port write makes the host handle what is in it.
import {
  Add,
  type AmlNode,
  Arg,
  Bytes,
  Call,
  Concatenate,
  CreateDWordField,
  CreateField,
  DWord,
  DerefOf,
  Device,
  Else,
  Field,
  If,
  Increment,
  Index,
  LAnd,
  LEqual,
  LLess,
  LNot,
  LNotEqual,
  LOr,
  Local,
  Method,
  Name,
  ObjectType,
  OperationRegion,
  Package,
  Return,
  Scope,
  ShiftLeft,
  SizeOf,
  Store,
  Subtract,
  Text,
  ToBuffer,
  ToUUID,
  While,
  ZeroBytes,
  encodeTerms,
} from "backplane/plugins/acpi/contract";
import { NVDIMM_MEM_LENGTH, type NvdimmAml } from "./nvdimm-tables.ts";

export interface NvdimmSsdtFacts {
  /** One device for each memory slot, whatever is plugged into it. */
  readonly slots: number;
  /** The port that announces a request. */
  readonly ioBase: number;
}

const ROOT_DEVICE = "2F10E7A4-9E91-11E4-89D3-123B93F75CBA";
const NVDIMM_DEVICE = "4309AC30-0D11-11E4-9191-0800200C9A66";
/** The peer's own interface, through which _FIT is read in pieces. */
const PRIVATE = "648B9CF2-CDA1-4312-8AD9-49C4AF32BD62";

/** Who asks: the root device, the private interface, or a slot counted from one. */
const ROOT_HANDLE = 0;
const PRIVATE_HANDLE = 0x10000;
const slotHandle = (slot: number): number => slot + 1;

const READ_FIT = 1;
const LABEL = { information: 4, read: 5, write: 6 } as const;
const REVISION = 1;

const STATUS = { success: 0, unsupported: 1, fitChanged: 0x100 } as const;
const STATUS_SIZE = 4;
const PACKAGE_TYPE = 4;
const PORT_SIZE = 4;
/** Fields no wider than an integer are read as integers, not as buffers, so short answers are copied by bytes. */
const INTEGER_SIZE = 8;
const ADDRESS_SIZE = 4;

const emptyBuffer = Bytes([]);
/** Bytes to bits. */
const bits = (bytes: AmlNode | string): AmlNode => ShiftLeft(bytes, 3);
const serialized = (args: number): { readonly args: number; readonly serialized: true } => ({ args, serialized: true });
const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, "0");

/** The shared page as request and as answer, and the port. */
function sharedPage(ioBase: number, page: AmlNode): readonly AmlNode[] {
  const dwords = { access: "DWordAcc", update: "Preserve" } as const;
  const header = 3 * 32;
  return [
    OperationRegion("NPIO", "SystemIO", ioBase, PORT_SIZE),
    OperationRegion("NRAM", "SystemMemory", page, NVDIMM_MEM_LENGTH),
    Field("NPIO", dwords, ["NTFI", PORT_SIZE * 8]),
    Field("NRAM", dwords, ["HDLE", 32], ["REVS", 32], ["FUNC", 32], ["FARG", NVDIMM_MEM_LENGTH * 8 - header]),
    Field("NRAM", dwords, ["RLEN", 32], ["ODAT", NVDIMM_MEM_LENGTH * 8 - 32]),
  ];
}

/** `NCAL`: a _DSM call, with the caller's handle as fifth argument, handed to the host. */
function hostCall(ioBase: number): AmlNode {
  const [uuid, revision, requested, parameters, handle] = [Arg(0), Arg(1), Arg(2), Arg(3), Arg(4)];
  const expected = Local(0);
  const size = Local(1);
  const page = Local(6);
  const result = Local(7);
  const element = Local(2);
  const argument = Local(3);
  const at = Local(2);
  return Method(
    "NCAL",
    serialized(5),
    Store("MEMA", page),
    ...sharedPage(ioBase, page),
    If(LEqual(handle, ROOT_HANDLE), Store(ToUUID(ROOT_DEVICE), expected)),
    Else(
      If(LEqual(handle, PRIVATE_HANDLE), Store(ToUUID(PRIVATE), expected)),
      Else(Store(ToUUID(NVDIMM_DEVICE), expected)),
    ),
    // While the firmware has not filled in the page's address nothing is supported.
    If(
      LOr(LEqual(page, 0), LNotEqual(uuid, expected)),
      If(LEqual(requested, 0), Return(Bytes([0]))),
      Return(Bytes([STATUS.unsupported])),
    ),
    Store(handle, "HDLE"),
    Store(revision, "REVS"),
    Store(requested, "FUNC"),
    If(
      LAnd(LEqual(ObjectType(parameters), PACKAGE_TYPE), LEqual(SizeOf(parameters), 1)),
      Store(Index(parameters, 0), element),
      Store(DerefOf(element), argument),
      Store(argument, "FARG"),
    ),
    Store(page, "NTFI"),
    // The length counts itself.
    Subtract("RLEN", 4, size),
    If(
      LLess(size, INTEGER_SIZE),
      Store(0, at),
      Name("TBUF", ZeroBytes(1)),
      Store(emptyBuffer, result),
      While(
        LLess(at, size),
        Store(DerefOf(Index("ODAT", at)), Index("TBUF", 0)),
        Concatenate(result, "TBUF", result),
        Increment(at),
      ),
      Return(result),
    ),
    Store(bits(size), size),
    CreateField("ODAT", 0, size, "OBUF"),
    Return("OBUF"),
  );
}

function deviceSpecificMethod(handle: number): AmlNode {
  return Method("_DSM", 4, Return(Call("NCAL", Arg(0), Arg(1), Arg(2), Arg(3), handle)));
}

/** `RFIT`: the piece of the firmware interface table at an offset; empty at the end, or when the table has changed. */
function readFit(): AmlNode {
  const answer = Local(0);
  const size = Local(1);
  return Method(
    "RFIT",
    serialized(1),
    Name("OFST", 0),
    Store(Arg(0), "OFST"),
    Store(Call("NCAL", ToUUID(PRIVATE), REVISION, READ_FIT, Package(["OFST"]), PRIVATE_HANDLE), answer),
    CreateDWordField(answer, 0, "STAU"),
    Store("STAU", "RSTA"),
    If(LNot(LEqual(STATUS.success, "STAU")), Return(emptyBuffer)),
    Store(SizeOf(answer), size),
    Subtract(size, STATUS_SIZE, size),
    If(LEqual(size, 0), Return(emptyBuffer)),
    CreateField(answer, STATUS_SIZE * 8, bits(size), "BUFF"),
    Return("BUFF"),
  );
}

/** `_FIT`: the whole table, read anew from its start whenever it changes meanwhile. */
function wholeFit(): AmlNode {
  const piece = Local(0);
  const size = Local(1);
  const fit = Local(2);
  const offset = Local(3);
  const restart = [Store(emptyBuffer, fit), Store(0, offset)];
  return Method(
    "_FIT",
    serialized(0),
    ...restart,
    While(
      1,
      Store(Call("RFIT", offset), piece),
      Store(SizeOf(piece), size),
      If(LEqual("RSTA", STATUS.fitChanged), ...restart),
      Else(If(LEqual(size, 0), Return(fit)), Add(offset, size, offset), Concatenate(fit, piece, fit)),
    ),
  );
}

/** The request of a label access: its two first arguments are an offset and a length. */
function labelRequest(lengthName: string): readonly AmlNode[] {
  return [
    Name("INPT", ZeroBytes(8)),
    CreateDWordField("INPT", 0, "OFST"),
    CreateDWordField("INPT", 4, lengthName),
    Store(Arg(0), "OFST"),
    Store(Arg(1), lengthName),
  ];
}

/** The label storage's size, and reads and writes of it: each of them a _DSM call of the device. */
function labelMethods(handle: number): readonly AmlNode[] {
  const call = (requested: number, argument: AmlNode | number): AmlNode =>
    Call("NCAL", ToUUID(NVDIMM_DEVICE), REVISION, requested, argument, handle);
  const argument = Local(0);
  const answer = Local(3);
  const result = Local(1);
  return [
    Method(
      "_LSI",
      serialized(0),
      Store(call(LABEL.information, 0), Local(0)),
      CreateDWordField(Local(0), 0, "STTS"),
      CreateDWordField(Local(0), 4, "SLSA"),
      CreateDWordField(Local(0), 8, "MAXT"),
      Store(Package(["STTS", "SLSA", "MAXT"]), result),
      Return(result),
    ),
    Method(
      "_LSR",
      serialized(2),
      ...labelRequest("LEN"),
      Store(Package(["INPT"]), argument),
      Store(call(LABEL.read, argument), answer),
      CreateDWordField(answer, 0, "STTS"),
      CreateField(answer, STATUS_SIZE * 8, bits("LEN"), "LDAT"),
      Name("LSA", emptyBuffer),
      ToBuffer("LDAT", "LSA"),
      Store(Package(["STTS", "LSA"]), result),
      Return(result),
    ),
    Method(
      "_LSW",
      serialized(3),
      Store(Arg(2), Local(2)),
      ...labelRequest("TLEN"),
      Concatenate("INPT", Local(2), "INPT"),
      Store(Package(["INPT"]), argument),
      Store(call(LABEL.write, argument), answer),
      CreateDWordField(answer, 0, "STTS"),
      Return("STTS"),
    ),
  ];
}

function slotDevice(slot: number): AmlNode {
  const handle = slotHandle(slot);
  return Device(`NV${hexByte(slot)}`, Name("_ADR", handle), ...labelMethods(handle), deviceSpecificMethod(handle));
}

/** The body of the SSDT. */
export function nvdimmSsdtBody({ slots, ioBase }: NvdimmSsdtFacts): NvdimmAml {
  const root = Device(
    "NVDR",
    Name("_HID", Text("ACPI0012")),
    hostCall(ioBase),
    deviceSpecificMethod(ROOT_HANDLE),
    Name("RSTA", STATUS.success),
    readFit(),
    wholeFit(),
    ...Array.from({ length: slots }, (_, slot) => slotDevice(slot)),
  );
  // Last, because the firmware patches its final bytes.
  const aml = encodeTerms([Scope("\\_SB", root), Name("MEMA", DWord(0))]);
  return { aml, memAddressOffset: aml.length - ADDRESS_SIZE };
}
