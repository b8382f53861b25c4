import { disposable, type Disposable } from "backplane";
import { rootPortErrors } from "./errors.ts";

/** Slots by the numbers that a user sees: chassis and slot (PCI Express Base Specification 4.0 §7.5.3.9). */
export class ChassisSlots {
  readonly #taken = new Set<string>();

  take(chassis: number, slot: number): Disposable {
    const key = `${chassis}.${slot}`;
    if (this.#taken.has(key)) throw rootPortErrors.ROOT_PORT_SLOT_TAKEN();
    this.#taken.add(key);
    return disposable(() => void this.#taken.delete(key));
  }
}
