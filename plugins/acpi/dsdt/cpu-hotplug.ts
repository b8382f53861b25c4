// Processors and their hot-plug: ACPI 6.5 §8.4 (declaration), §6.2.10 (_MAT), §6.3.5 (_OST), §6.3.3 (_EJx). The register
// block is the peer's (docs/specs/acpi_cpu_hotplug): select a processor, then read and write its events.
import {
  Acquire,
  type AmlNode,
  Arg,
  Break,
  Bytes,
  Call,
  Debug,
  DerefOf,
  Device,
  EisaId,
  Field,
  IO,
  If,
  Increment,
  Index,
  LAnd,
  LEqual,
  LLess,
  LOr,
  Local,
  Locked,
  Method,
  Mutex,
  Name,
  Notify,
  OperationRegion,
  Package,
  Processor,
  Release,
  ResourceTemplate,
  Return,
  Scope,
  Store,
  Text,
  While,
} from "../aml/index.ts";

export interface ProcessorFacts {
  readonly apicId: number;
  /** The machine's first processor can never leave. */
  readonly boot: boolean;
  /** The proximity domain; all processors have one as soon as the machine has NUMA nodes. */
  readonly node?: number;
}

export interface CpuHotplugFacts {
  /** Every processor that the machine can have, present or not; the index is the processor's UID. */
  readonly possible: readonly ProcessorFacts[];
  readonly base: number;
}

const REGISTERS = "\\_SB.PCI0.PRES";
const register = (name: string): string => `${REGISTERS}.${name}`;
const REGISTER_BLOCK_LENGTH = 12;

const COMMAND = { nextWithEvent: 0, ostEvent: 1, ostStatus: 2 } as const;
const NOTIFY_DEVICE_CHECK = 1;
const NOTIFY_EJECT_REQUEST = 3;
const PRESENT = 0x0f;
/** Old systems have no packages beyond this size; more events are handled in rounds. */
const ROUND = 255;
/** From this APIC ID on, a processor is an x2APIC, which ACPI 1.0's declaration cannot describe. */
const FIRST_X2APIC_ID = 255;
const LAPIC_ENABLED = 1;

const cpuName = (uid: number): string => `C${uid.toString(16).toUpperCase().padStart(3, "0")}`;

function registers(base: number): AmlNode {
  const bytes = { access: "ByteAcc", update: "WriteAsZeros" } as const;
  const dwords = { access: "DWordAcc", update: "Preserve" } as const;
  return Device(
    REGISTERS,
    Name("_HID", EisaId("PNP0A06")),
    Name("_UID", Text("CPU Hotplug resources")),
    Mutex("CPLK"),
    Name("_CRS", ResourceTemplate(IO(base, REGISTER_BLOCK_LENGTH))),
    OperationRegion("PRST", "SystemIO", base, REGISTER_BLOCK_LENGTH),
    Field("PRST", bytes, { skip: 32 }, ["CPEN", 1], ["CINS", 1], ["CRMV", 1], ["CEJ0", 1], ["CEJF", 1], { skip: 3 }, [
      "CCMD",
      8,
    ]),
    Field("PRST", dwords, ["CSEL", 32], { skip: 32 }, ["CDAT", 32]),
    // The block starts as the bitmap of older machines; the first selection makes it what this table expects.
    Method("_INI", { args: 0, serialized: true }, Store(0, "CSEL")),
  );
}

/** `CSCN`: finds processors with events and tells the system about them. */
function scan(possible: number): AmlNode {
  const hasEvent = Local(0);
  const added = Local(1);
  const at = Local(2);
  const uid = Local(3);
  const again = Local(4);
  const leaving = Local(5);

  const remember = (event: string, list: string, count: AmlNode): AmlNode =>
    If(LEqual(register(event), 1), Store(uid, Index(list, count)), Increment(count), Store(1, hasEvent));
  const tell = (
    list: string,
    count: AmlNode,
    code: number,
    event: string,
    ...log: readonly AmlNode[]
  ): readonly AmlNode[] => [
    Store(0, at),
    While(
      LLess(at, count),
      Store(DerefOf(Index(list, at)), uid),
      Call("CTFY", uid, code),
      ...log,
      Store(uid, register("CSEL")),
      Store(1, register(event)),
      Increment(at),
    ),
  ];

  return Method(
    "CSCN",
    { args: 0, serialized: true },
    Acquire(register("CPLK")),
    Name("CNEW", Package([], ROUND)),
    Name("CEJL", Package([], ROUND)),
    Store(0, uid),
    Store(1, again),
    While(
      LEqual(again, 1),
      Store(0, again),
      Store(1, hasEvent),
      Store(0, added),
      Store(0, leaving),
      While(
        LAnd(LEqual(hasEvent, 1), LLess(uid, possible)),
        Store(0, hasEvent),
        Store(uid, register("CSEL")),
        Store(COMMAND.nextWithEvent, register("CCMD")),
        // The search has begun anew: all have been seen.
        If(LLess(register("CDAT"), uid), Break),
        If(LOr(LEqual(added, ROUND), LEqual(leaving, ROUND)), Store(1, again), Break),
        Store(register("CDAT"), uid),
        remember("CINS", "CNEW", added),
        remember("CRMV", "CEJL", leaving),
        Increment(uid),
      ),
      ...tell("CNEW", added, NOTIFY_DEVICE_CHECK, "CINS", Store(uid, Debug)),
      ...tell("CEJL", leaving, NOTIFY_EJECT_REQUEST, "CRMV"),
    ),
    Release(register("CPLK")),
  );
}

function methods(possible: number): readonly AmlNode[] {
  const lock = register("CPLK");
  const select = Store(Arg(0), register("CSEL"));
  return [
    Method(
      "CTFY",
      2,
      ...Array.from({ length: possible }, (_, uid) => If(LEqual(Arg(0), uid), Notify(cpuName(uid), Arg(1)))),
    ),
    Method(
      "CSTA",
      { args: 1, serialized: true },
      Locked(lock, select, Store(0, Local(0)), If(LEqual(register("CPEN"), 1), Store(PRESENT, Local(0)))),
      Return(Local(0)),
    ),
    Method("CEJ0", { args: 1, serialized: true }, Locked(lock, select, Store(1, register("CEJ0")))),
    scan(possible),
    Method(
      "COST",
      { args: 4, serialized: true },
      Locked(
        lock,
        select,
        Store(COMMAND.ostEvent, register("CCMD")),
        Store(Arg(1), register("CDAT")),
        Store(COMMAND.ostStatus, register("CCMD")),
        Store(Arg(2), register("CDAT")),
      ),
    ),
  ];
}

/** The processor's MADT entry (§5.2.12.2, §5.2.12.12), enabled: it is read once the processor is there. */
function madtEntry(uid: number, apicId: number): AmlNode {
  if (apicId < FIRST_X2APIC_ID) return Bytes([0, 8, uid, apicId, LAPIC_ENABLED, 0, 0, 0]);
  const entry = Buffer.alloc(16);
  entry.set([9, entry.length]);
  entry.writeUInt32LE(apicId, 4);
  entry.writeUInt32LE(LAPIC_ENABLED, 8);
  entry.writeUInt32LE(uid, 12);
  return Bytes(entry);
}

function processor({ apicId, boot, node }: ProcessorFacts, uid: number): AmlNode {
  const body = [
    Method("_STA", { args: 0, serialized: true }, Return(Call("CSTA", uid))),
    Name("_MAT", madtEntry(uid, apicId)),
    ...(boot ? [] : [Method("_EJ0", 1, Call("CEJ0", uid))]),
    Method("_OST", { args: 3, serialized: true }, Call("COST", uid, Arg(0), Arg(1), Arg(2))),
    // Where the processor belongs, also before it is plugged (§6.2.14).
    ...(node === undefined ? [] : [Name("_PXM", node)]),
  ];
  return apicId < FIRST_X2APIC_ID
    ? Processor(cpuName(uid), { id: uid }, ...body)
    : Device(cpuName(uid), Name("_HID", Text("ACPI0007")), Name("_UID", uid), ...body);
}

export function cpuHotplug({ possible, base }: CpuHotplugFacts): readonly AmlNode[] {
  const processors = Device(
    "\\_SB.CPUS",
    Name("_HID", Text("ACPI0010")),
    Name("_CID", EisaId("PNP0A05")),
    ...methods(possible.length),
    ...possible.map(processor),
  );
  return [Scope("_SB", registers(base), processors), Method("\\_GPE._E02", 0, Call("\\_SB.CPUS.CSCN"))];
}
