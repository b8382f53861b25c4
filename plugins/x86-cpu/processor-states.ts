// What a migration carries of processors. The guest here has no registers, only a place in its code: they are those of a
// processor after reset, or what a stream has brought, which is kept for the next stream.
import type { DeviceStates, Disposable, GuestPosition, MachineControl, Resets } from "backplane";
import type { Processors } from "./processors.ts";

/** By the peer's names of the fields, with the place in an array. What is not there has its value after reset. */
export type ProcessorRegisters = Map<string, bigint>;

/** Eight floating-point registers of ten bytes. */
const FPU_BYTES = 80;

export interface ProcessorState {
  readonly registers: ProcessorRegisters;
  readonly fpu: Uint8Array;
  /** Family, model and stepping, which reset leaves in a register (Intel SDM volume 3 §10.1.2). */
  readonly signature: number;
  position: GuestPosition;
  halted: number;
  interruptRequest: number;
}

/** A processor that waits for the first one to start it, or for an interrupt. */
const HALTED = 1;
/** Set by the reset of the local APIC. */
const POLL = 0x10;

export class ProcessorStates implements Disposable {
  readonly #states: DeviceStates;
  readonly #control: MachineControl;
  readonly #signature: number;
  readonly #registers = new Map<number, ProcessorRegisters>();
  readonly #fpu = new Map<number, Uint8Array>();
  readonly #added = new Map<number, readonly Disposable[]>();

  constructor(
    { identity }: Pick<Processors, "identity">,
    services: { readonly states: DeviceStates; readonly control: MachineControl; readonly resets: Resets },
  ) {
    this.#states = services.states;
    this.#control = services.control;
    this.#signature = identity.signature;
    services.resets.add(() => {
      this.#registers.clear();
      this.#fpu.clear();
    });
  }

  add(index: number): void {
    const common = this.#states.add({
      kind: "captured",
      idstr: "cpu_common",
      instanceId: index,
      version: 1,
      description: async () => (await import("./late/processor-state.ts")).CPU_COMMON,
      capture: () => this.#capture(index),
      restore: ({ halted }) => void this.#registersOf(index).set(HALTED_KEY, BigInt(halted)),
    });
    const registers = this.#states.add({
      kind: "captured",
      idstr: "cpu",
      instanceId: index,
      version: 12,
      description: async () => (await import("./late/processor-state.ts")).CPU,
      capture: () => this.#capture(index),
      restore: (state) => this.#restore(index, state),
    });
    this.#added.set(index, [common, registers]);
  }

  remove(index: number): void {
    for (const section of this.#added.get(index) ?? []) void section.dispose();
    this.#added.delete(index);
  }

  dispose(): void {
    for (const index of this.#added.keys()) this.remove(index);
  }

  #registersOf(index: number): ProcessorRegisters {
    const known = this.#registers.get(index) ?? new Map<string, bigint>();
    this.#registers.set(index, known);
    return known;
  }

  #capture(index: number): ProcessorState {
    const isBoot = index === 0;
    const position = isBoot ? (this.#control.guest?.position ?? "start") : "start";
    return {
      registers: new Map(this.#registers.get(index)),
      fpu: this.#fpu.get(index)?.slice() ?? new Uint8Array(FPU_BYTES),
      signature: this.#signature,
      position,
      halted: isBoot && position !== "halted" ? 0 : HALTED,
      interruptRequest: position === "start" ? POLL : 0,
    };
  }

  #restore(index: number, { registers, fpu, position }: ProcessorState): void {
    this.#fpu.set(index, fpu);
    const known = this.#registersOf(index);
    const isHalted = known.get(HALTED_KEY) === BigInt(HALTED);
    known.delete(HALTED_KEY);
    for (const [name, value] of registers) known.set(name, value);
    if (index === 0) this.#control.guest?.resumeAt(isHalted ? "halted" : position);
  }
}

/** Between the two sections of a processor. */
const HALTED_KEY = "halted";
