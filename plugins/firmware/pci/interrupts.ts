// Interrupt pins behind bridges rotate by the device number: PCI-to-PCI Bridge Architecture 1.2 §9.1. On the root bus of
// the Q35 chipset devices 0 to 24 rotate too, those above are wired straight (ICH9 data sheet §5.9, as QEMU's DSDT says).
import { deviceOf } from "./config-access.ts";
import type { PciFunction } from "./functions.ts";

/** The lines of the four links after reset: A and B share one, C and D the other. */
export const LINK_LINES = [10, 10, 11, 11] as const;
const LAST_ROTATED = 24;

/** The ISA line of a function's interrupt pin (1 to 4). */
export function interruptLine(fn: PciFunction, pin: number): number {
  let link = pin - 1;
  let root = fn;
  while (root.parent !== undefined) {
    link += deviceOf(root.at);
    root = root.parent;
  }
  const device = deviceOf(root.at);
  if (device <= LAST_ROTATED) link += device;
  return LINK_LINES[link & 3] ?? 0;
}
