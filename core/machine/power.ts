import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import { Registry } from "../registry.ts";
import { machineErrors } from "./errors.ts";
import type { ResetReason } from "./reset.ts";
import type { RunStateMachine } from "./run-state.ts";

/** What may wake a sleeping machine. The host's user always may. */
export type WakeupReason = "rtc" | "pm-timer" | "other";

/** Suspend to RAM (ACPI 6.5 §16.1.3, S3) and waking from it. */
export interface Power {
  /** A device that can wake the machine calls it once: `wakeup-suspend-support` of `query-current-machine`. */
  support(): void;
  readonly supported: boolean;
  /** The guest has asked to sleep. Listeners hear of it, then the run state is `suspended`. */
  suspend(): void;
  /** Devices that stay awake may wake the machine, if the guest has let them. Nothing while it does not sleep. */
  wake(reason: WakeupReason): void;
  enableWake(reason: Exclude<WakeupReason, "other">, enabled: boolean): void;
  /** The host's user wakes it. Throws `WAKEUP_UNSUPPORTED`, `NOT_SUSPENDED`. */
  wakeUp(): void;
  onSuspend(listener: () => void): Disposable;
  /** After the devices were reset for waking, before the guest goes on. */
  onWake(listener: (reason: WakeupReason) => void): Disposable;
}

export const POWER = token<Power>("POWER");

export interface PowerEffects {
  readonly runStates: RunStateMachine;
  reset(reason: ResetReason): void;
  resumeGuest(): void;
  emit(event: "SUSPEND" | "WAKEUP"): void;
}

export class PowerControl implements Power {
  readonly #effects: PowerEffects;
  readonly #suspending = new Registry<() => void>();
  readonly #waking = new Registry<(reason: WakeupReason) => void>();
  readonly #enabled = new Set<WakeupReason>(["other"]);
  #supported = false;

  constructor(effects: PowerEffects) {
    this.#effects = effects;
  }

  get supported(): boolean {
    return this.#supported;
  }

  support(): void {
    this.#supported = true;
  }

  suspend(): void {
    const { runStates } = this.#effects;
    if (runStates.current !== "running") return;
    for (const listener of this.#suspending) listener();
    runStates.set("suspended");
    this.#effects.emit("SUSPEND");
  }

  wake(reason: WakeupReason): void {
    if (this.#effects.runStates.current === "suspended") this.#wake(reason);
  }

  enableWake(reason: "rtc" | "pm-timer", enabled: boolean): void {
    if (enabled) this.#enabled.add(reason);
    else this.#enabled.delete(reason);
  }

  wakeUp(): void {
    if (!this.#supported) throw machineErrors.WAKEUP_UNSUPPORTED();
    if (this.#effects.runStates.current !== "suspended") throw machineErrors.NOT_SUSPENDED();
    this.#wake("other");
  }

  onSuspend(listener: () => void): Disposable {
    return this.#suspending.add(listener);
  }

  onWake(listener: (reason: WakeupReason) => void): Disposable {
    return this.#waking.add(listener);
  }

  #wake(reason: WakeupReason): void {
    if (!this.#enabled.has(reason)) return;
    this.#effects.runStates.set("running");
    this.#effects.reset("wakeup");
    for (const listener of this.#waking) listener(reason);
    this.#effects.resumeGuest();
    this.#effects.emit("WAKEUP");
  }
}
