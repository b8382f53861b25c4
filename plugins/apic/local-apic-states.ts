import type { DeviceStates, Disposable } from "backplane";
import type { ApicUnit } from "./local-apic.ts";

/** Says what migrations carry of each processor's local APIC, for as long as the processor is there. */
export class LocalApicStates implements Disposable {
  readonly #states: DeviceStates;
  readonly #added = new Map<number, Disposable>();

  constructor(states: DeviceStates) {
    this.#states = states;
  }

  add(apicId: number, unit: ApicUnit): void {
    const added = this.#states.add({
      kind: "captured",
      idstr: "apic",
      instanceId: apicId,
      version: 3,
      description: async () => (await import("./late/states.ts")).LOCAL_APIC,
      capture: () => unit.captureState(),
      restore: (state) => unit.restoreState(state),
    });
    this.#added.set(apicId, added);
  }

  remove(apicId: number): void {
    void this.#added.get(apicId)?.dispose();
    this.#added.delete(apicId);
  }

  dispose(): void {
    for (const id of this.#added.keys()) this.remove(id);
  }
}
