import { dimmErrors } from "./errors.ts";

/** The slot that was asked for, or the first free one. */
export function findSlot(wanted: number | undefined, taken: ReadonlySet<number>, slots: number): number {
  if (wanted !== undefined && (wanted < 0 || wanted >= slots)) throw dimmErrors.DIMM_SLOT_RANGE(wanted, slots);
  if (slots === 0) throw dimmErrors.DIMM_NO_SLOTS();
  if (wanted !== undefined) {
    if (taken.has(wanted)) throw dimmErrors.DIMM_SLOT_BUSY(wanted);
    return wanted;
  }
  for (let slot = 0; slot < slots; slot++) {
    if (!taken.has(slot)) return slot;
  }
  throw dimmErrors.DIMM_SLOTS_FULL();
}
