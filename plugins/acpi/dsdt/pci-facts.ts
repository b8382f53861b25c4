// What the DSDT needs to know of the PCI tree, and how a function is named in it (_ADR: ACPI 6.5 §6.1.1).
import type { AmlNode } from "../aml/index.ts";

/** A function as the DSDT sees it. */
export interface PciFunctionFacts {
  readonly devfn: number;
  /** Devices of its kind may come and go while the machine runs, if the bus permits. */
  readonly hotpluggable: boolean;
  /** It came while the machine ran. A bridge that did is not described: the system finds what is behind it by itself. */
  readonly hotplugged: boolean;
  /** The index by which the user wants the system to name it. */
  readonly acpiIndex?: number;
  /** The bus behind it, if it is a bridge. */
  readonly secondary?: PciBusFacts;
  /** What the device adds to its own object. */
  describe?(): readonly AmlNode[];
}

export interface PciBusFacts {
  readonly express: boolean;
  /** Somebody handles hot-plug on this bus, be it ACPI or the bridge's own registers. */
  readonly hotpluggable: boolean;
  /** The bus's number in the hot-plug registers. None if ACPI does not handle its hot-plug, or not yet. */
  readonly selector?: number;
  /** In the order in which they were plugged. */
  readonly functions: readonly PciFunctionFacts[];
}

const FUNCTIONS = 8;

export const slotOf = (devfn: number): number => Math.floor(devfn / FUNCTIONS);
export const functionOf = (devfn: number): number => devfn % FUNCTIONS;
export const pciName = (devfn: number): string => `S${devfn.toString(16).toUpperCase().padStart(2, "0")}`;
export const pciAddress = (devfn: number): number => slotOf(devfn) * 0x10000 + functionOf(devfn);

/** The namespace knows a slot's function 0 only as a place to plug into; a bridge plugged as another function is invisible. */
export function isDescribed({ devfn, hotplugged, secondary }: PciFunctionFacts): boolean {
  return !(secondary && hotplugged && functionOf(devfn) !== 0);
}
