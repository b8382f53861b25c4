// Interrupt routing of the root bus: _PIC (ACPI 6.5 §5.8.1), _PRT (§6.2.13), and the link devices that it names.
import {
  type AmlNode,
  Arg,
  Else,
  If,
  LEqual,
  Method,
  Name,
  Package,
  Return,
  Scope,
  Store,
  Zero,
} from "../aml/index.ts";
import { interruptLinks } from "./interrupt-links.ts";

const PINS = 4;
/** Pins without a function. */
const ANY_FUNCTION = 0xffff;

const FIRST_CHIPSET_SLOT = 25;
/** Where the PCI-to-PCI bridge of an ICH9 would be: routed like slot 0. */
const PCI_BRIDGE_SLOT = 30;
const SLOTS = 32;

/**
 * The lines of a slot's four pins. The chipset's own slots have A to D, as its DxxIR registers are after a reset. All
 * others share E to H, each slot beginning one line further than the one before.
 */
function linesOf(slot: number): string {
  const lines = "EFGH";
  if (slot === PCI_BRIDGE_SLOT) return lines;
  if (slot >= FIRST_CHIPSET_SLOT) return "ABCD";
  const start = slot % PINS;
  return lines.slice(start) + lines.slice(0, start);
}

/** One entry per slot and pin: address, pin, link device, and which of the link's interrupts. */
function routes(prefix: "LNK" | "GSI"): AmlNode {
  const entries: AmlNode[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const address = slot * 0x10000 + ANY_FUNCTION;
    entries.push(...Array.from(linesOf(slot), (line, pin) => Package([address, pin, prefix + line, Zero])));
  }
  return Package(entries);
}

let built: readonly AmlNode[] | undefined;

/** The same for every machine, so it is built once: a tenth of a millisecond saved with each table build. */
export function pciRouting(): readonly AmlNode[] {
  built ??= [
    // Zero until the system says that it uses the I/O APIC.
    Name("PICF", 0),
    Method("_PIC", 1, Store(Arg(0), "PICF")),
    Scope(
      "_SB",
      Scope(
        "PCI0",
        Name("PRTP", routes("LNK")),
        Name("PRTA", routes("GSI")),
        Method("_PRT", 0, If(LEqual("PICF", 0), Return("PRTP")), Else(Return("PRTA"))),
      ),
      ...interruptLinks(),
    ),
  ];
  return built;
}
