// The general-purpose event block's scope: ACPI 6.5 §5.6.4. Handlers that need a larger frame of their own (memory and
// processor hot-plug, PCI) declare themselves by their full path.
import { type AmlNode, Method, Name, Notify, Text } from "../aml/index.ts";

export function gpeBlock(): readonly AmlNode[] {
  return [Name("_HID", Text("ACPI0006"))];
}

const NFIT_UPDATE = 0x80;

/** An NVDIMM has come or gone: the system reads `_FIT` again (§9.19.3). */
export function nvdimmEvent(): readonly AmlNode[] {
  return [Method("_E04", 0, Notify("\\_SB.NVDR", NFIT_UPDATE))];
}
