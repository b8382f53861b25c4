// The firmware configuration device, for systems that read files from it.
import { type AmlNode, Device, IO, Name, ResourceTemplate, Scope, Text } from "../aml/index.ts";

export interface FwCfgFacts {
  readonly base: number;
  /** Selector, data and, if there is one, the DMA address register. */
  readonly length: number;
}

/** Present, enabled and functioning, but not shown to users (ACPI 6.5 §6.3.7). */
const HIDDEN = 0x0b;

export function fwCfgDevice({ base, length }: FwCfgFacts): readonly AmlNode[] {
  const device = Device(
    "FWCF",
    Name("_HID", Text("QEMU0002")),
    Name("_STA", HIDDEN),
    Name("_CRS", ResourceTemplate(IO(base, length))),
  );
  return [Scope("\\_SB.PCI0", device)];
}
