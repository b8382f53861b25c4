import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import { Registry } from "../registry.ts";
import { machineErrors } from "./errors.ts";

/** The peer's run states, as `query-status` names them. */
export type RunState =
  | "prelaunch"
  | "running"
  | "paused"
  | "inmigrate"
  | "finish-migrate"
  | "postmigrate"
  | "suspended"
  | "internal-error"
  | "io-error"
  | "guest-panicked"
  | "shutdown"
  | "save-vm"
  | "restore-vm"
  | "debug"
  | "watchdog"
  | "colo";

/** Legal transitions. What is missing here cannot happen. */
const TRANSITIONS: { readonly [From in RunState]: readonly RunState[] } = {
  prelaunch: ["running", "finish-migrate", "inmigrate", "suspended", "paused"],
  running: [
    "debug",
    "internal-error",
    "io-error",
    "paused",
    "finish-migrate",
    "restore-vm",
    "save-vm",
    "shutdown",
    "watchdog",
    "guest-panicked",
    "colo",
    "suspended",
  ],
  paused: ["running", "finish-migrate", "postmigrate", "prelaunch", "colo", "suspended"],
  inmigrate: [
    "internal-error",
    "io-error",
    "paused",
    "running",
    "shutdown",
    "suspended",
    "watchdog",
    "guest-panicked",
    "finish-migrate",
    "prelaunch",
    "postmigrate",
    "colo",
  ],
  "finish-migrate": [
    "running",
    "paused",
    "postmigrate",
    "prelaunch",
    "colo",
    "internal-error",
    "io-error",
    "shutdown",
    "suspended",
    "watchdog",
    "guest-panicked",
  ],
  postmigrate: ["running", "finish-migrate", "prelaunch"],
  suspended: ["running", "finish-migrate", "prelaunch", "colo", "paused", "save-vm", "restore-vm", "shutdown"],
  "internal-error": ["paused", "finish-migrate", "prelaunch"],
  "io-error": ["running", "finish-migrate", "prelaunch"],
  "guest-panicked": ["running", "finish-migrate", "prelaunch"],
  shutdown: ["paused", "finish-migrate", "prelaunch"],
  "save-vm": ["running", "suspended"],
  "restore-vm": ["running", "prelaunch", "suspended"],
  debug: ["running", "finish-migrate", "prelaunch", "suspended"],
  watchdog: ["running", "finish-migrate", "prelaunch", "colo"],
  colo: ["running", "prelaunch", "shutdown"],
};

export interface RunStateChange {
  readonly from: RunState;
  readonly to: RunState;
}

/** Whether the guest runs, and why not. */
export interface RunStates {
  readonly current: RunState;
  readonly isRunning: boolean;
  /** Throws `RUN_STATE_TRANSITION`; a transition to the present state is nothing. Tells the listeners after the change. */
  set(state: RunState): void;
  onChange(listener: (change: RunStateChange) => void): Disposable;
}

export const RUN_STATES = token<RunStates>("RUN_STATES");

export class RunStateMachine implements RunStates {
  #current: RunState = "prelaunch";
  readonly #listeners = new Registry<(change: RunStateChange) => void>();

  get current(): RunState {
    return this.#current;
  }

  get isRunning(): boolean {
    return this.#current === "running";
  }

  set(state: RunState): void {
    const from = this.#current;
    if (from === state) return;
    if (!TRANSITIONS[from].includes(state)) throw machineErrors.RUN_STATE_TRANSITION(from, state);
    this.#current = state;
    for (const listener of this.#listeners) listener({ from, to: state });
  }

  onChange(listener: (change: RunStateChange) => void): Disposable {
    return this.#listeners.add(listener);
  }
}
