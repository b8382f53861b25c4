// Devices on the ISA bus behind the LPC bridge: ACPI 6.5 §9.5 onward and the Plug and Play identifiers (PNPxxxx).
import {
  type AmlNode,
  Arg,
  Bytes,
  DMA,
  Device,
  EisaId,
  Field,
  IO,
  IRQNoFlags,
  Local,
  Method,
  Name,
  OperationRegion,
  ResourceTemplate,
  Return,
  Store,
  Text,
} from "../aml/index.ts";

export interface IsaPortFacts {
  readonly base: number;
  readonly irq: number;
}

export interface IsaNumberedFacts extends IsaPortFacts {
  /** From zero; the namespace counts from one. */
  readonly index: number;
}

const PRESENT = 0x0f;

/** Keyboard and mouse are two devices although one controller serves both. */
export function keyboardController(facts = { keyboardIrq: 1, mouseIrq: 12 }): readonly AmlNode[] {
  return [
    Device(
      "KBD",
      Name("_HID", EisaId("PNP0303")),
      Name("_STA", PRESENT),
      Name("_CRS", ResourceTemplate(IO(0x60, 1), IO(0x64, 1), IRQNoFlags(facts.keyboardIrq))),
    ),
    Device(
      "MOU",
      Name("_HID", EisaId("PNP0F13")),
      Name("_STA", PRESENT),
      Name("_CRS", ResourceTemplate(IRQNoFlags(facts.mouseIrq))),
    ),
  ];
}

/** Index and data port, with the rest of their decode range. */
export function realTimeClock({ base, irq }: IsaPortFacts = { base: 0x70, irq: 8 }): readonly AmlNode[] {
  return [Device("RTC", Name("_HID", EisaId("PNP0B00")), Name("_CRS", ResourceTemplate(IO(base, 8), IRQNoFlags(irq))))];
}

function port(name: string, id: string, alignment: number, { base, irq, index }: IsaNumberedFacts): readonly AmlNode[] {
  return [
    Device(
      `${name}${index + 1}`,
      Name("_HID", EisaId(id)),
      Name("_UID", index + 1),
      Name("_STA", PRESENT),
      Name("_CRS", ResourceTemplate(IO(base, 8, alignment), IRQNoFlags(irq))),
    ),
  ];
}

export function serialPort(facts: IsaNumberedFacts): readonly AmlNode[] {
  return port("COM", "PNP0501", 0, facts);
}

export function parallelPort(facts: IsaNumberedFacts): readonly AmlNode[] {
  return port("LPT", "PNP0400", 8, facts);
}

/** A floppy controller without drives (_FDE: §9.9.1; the tape is never present). */
export function floppyController({ base, irq, dma }: IsaPortFacts & { readonly dma: number }): readonly AmlNode[] {
  const noDrives = Buffer.alloc(20);
  noDrives.writeUInt32LE(2, 16);
  const channel = DMA({ speed: "Compatibility", transfer: "Transfer8" }, dma);
  return [
    Device(
      "FDC0",
      Name("_HID", EisaId("PNP0700")),
      Name("_CRS", ResourceTemplate(IO(base + 2, 4, 0), IO(base + 7, 1, 0), IRQNoFlags(irq), channel)),
      Name("_FDE", Bytes(noDrives)),
    ),
  ];
}

/** The port through which a guest reports its own panic: one byte of event bits, with methods to read and write it. */
export function panicPort(base: number): readonly AmlNode[] {
  return [
    Device(
      "PEVT",
      Name("_HID", Text("QEMU0001")),
      Name("_CRS", ResourceTemplate(IO(base, 1))),
      OperationRegion("PEOR", "SystemIO", base, 1),
      Field("PEOR", { access: "ByteAcc", update: "Preserve" }, ["PEPT", 8]),
      Name("_STA", PRESENT),
      Method("RDPT", 0, Store("PEPT", Local(0)), Return(Local(0))),
      Method("WRPT", 1, Store(Arg(0), "PEPT")),
    ),
  ];
}
