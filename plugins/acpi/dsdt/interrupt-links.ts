// PCI interrupt link devices: ACPI 6.5 §6.2.13 and the PIRQx_ROUT registers, ICH9 datasheet (316972) §13.1.14. With the
// 8259s a link is routed by a register; with the I/O APIC it is a fixed input.
import {
  type AmlNode,
  And,
  Arg,
  Call,
  CreateDWordField,
  Device,
  EisaId,
  If,
  Interrupt,
  Method,
  Name,
  Or,
  ResourceTemplate,
  Return,
  Store,
} from "../aml/index.ts";

const LEVEL_SHARED = { consumer: true, shared: true } as const;
const ISA_INTERRUPTS = [5, 10, 11] as const;
/** Bit 7 of a routing register: the link is not routed to the 8259s. */
const NOT_ROUTED = 0x80;
const IRQ_MASK = 0x0f;
const FIRST_APIC_INPUT = 16;
const STA_DISABLED = 0x09;
const STA_ENABLED = 0x0b;
/** Where the interrupt number lies within an extended interrupt descriptor (§6.4.3.6). */
const NUMBER_OFFSET = 5;

/** `IQST`: a link's status by its register. `IQCR`: its resources. */
function helpers(): readonly AmlNode[] {
  return [
    Method("IQST", 1, If(And(NOT_ROUTED, Arg(0)), Return(STA_DISABLED)), Return(STA_ENABLED)),
    Method(
      "IQCR",
      { args: 1, serialized: true },
      Name("PRR0", ResourceTemplate(Interrupt(LEVEL_SHARED, 0))),
      CreateDWordField("PRR0", NUMBER_OFFSET, "PRRI"),
      Store(And(Arg(0), IRQ_MASK), "PRRI"),
      Return("PRR0"),
    ),
  ];
}

function routedLink(letter: string, uid: number): AmlNode {
  const register = `PRQ${letter}`;
  return Device(
    `LNK${letter}`,
    Name("_HID", EisaId("PNP0C0F")),
    Name("_UID", uid),
    Name("_PRS", ResourceTemplate(Interrupt(LEVEL_SHARED, ...ISA_INTERRUPTS))),
    Method("_STA", 0, Return(Call("IQST", register))),
    Method("_DIS", 0, Or(register, NOT_ROUTED, register)),
    Method("_CRS", 0, Return(Call("IQCR", register))),
    Method("_SRS", 1, CreateDWordField(Arg(0), NUMBER_OFFSET, "PRRI"), Store("PRRI", register)),
  );
}

/** An input cannot be disabled or moved, so those methods do nothing. */
function fixedLink(letter: string, input: number): AmlNode {
  const resources = ResourceTemplate(Interrupt(LEVEL_SHARED, input));
  return Device(
    `GSI${letter}`,
    Name("_HID", EisaId("PNP0C0F")),
    Name("_UID", input),
    Name("_PRS", resources),
    Name("_CRS", resources),
    Method("_DIS", 0),
    Method("_SRS", 1),
  );
}

export function interruptLinks(): readonly AmlNode[] {
  const letters = Array.from("ABCDEFGH");
  return [
    ...helpers(),
    ...letters.map(routedLink),
    ...letters.map((letter, index) => fixedLink(letter, FIRST_APIC_INPUT + index)),
  ];
}
