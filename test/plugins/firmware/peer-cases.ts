import { readFileSync } from "node:fs";
import path from "node:path";
import { loadAcpiGolden, type AcpiGolden, type Json } from "../../peer/golden.ts";

/** More of what the peer's SeaBIOS does with PCI than the goldens hold: every configuration write, and larger machines. */
export interface PeerPciCase {
  readonly name: string;
  readonly args: string;
  readonly pci: Json;
  readonly writes: readonly string[];
}

const file = path.join(import.meta.dirname, "peer-pci.json");

export const peerPciCases = (): PeerPciCase[] =>
  (JSON.parse(readFileSync(file, "utf8")) as { readonly cases: PeerPciCase[] }).cases;

/** A golden of the same amount of memory (in kind: above 4 GiB or not) and as many root buses, with the case's functions. */
export function goldenOf({ args, pci }: PeerPciCase): AcpiGolden {
  const base = args.includes("pxb-pcie") ? "pxb-e1000e" : args.includes("-m 5G") ? "q35-8g" : "q35-256m";
  const golden = loadAcpiGolden(base);
  const { firmware } = golden.phases;
  if (firmware === undefined) throw new Error(`${golden.name} has no firmware phase`);
  return { ...golden, phases: { ...golden.phases, firmware: { ...firmware, pci } } };
}
