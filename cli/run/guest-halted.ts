import { GUEST, RUN_STATES, type JsonValue, type Machine, type RunState, type ShutdownReason } from "backplane";

/** Why a guest does not run that did not halt by itself. One that waits, sleeps or has switched itself off did. */
const NOT_BY_ITSELF: { readonly [State in RunState]: string | undefined } = {
  running: undefined,
  suspended: undefined,
  shutdown: undefined,
  prelaunch: "it has not been started",
  paused: "it was stopped",
  inmigrate: "its migration has not come",
  "finish-migrate": "its migration is about to end",
  postmigrate: "it has gone to another machine",
  "internal-error": "the machine failed",
  "io-error": "a drive failed",
  "guest-panicked": "it panicked",
  "save-vm": "its state is being saved",
  "restore-vm": "its state is being put back",
  debug: "a debugger holds it",
  watchdog: "its watchdog ran out",
  colo: "its twin runs",
};

const LEFT_BY_ITSELF: readonly ShutdownReason[] = ["guest-shutdown", "guest-reset"];

export interface Halt {
  readonly ok: boolean;
  readonly observed?: JsonValue;
}

/** Whether a guest that runs no more halted by itself. `lastError` is what the machine complained of last. */
export function judgeHalt(machine: Machine, lastError: () => string | undefined): Halt {
  if (!machine.has(GUEST)) return { ok: false, observed: "the machine has no guest" };
  const state = machine.service(RUN_STATES).current;
  const { leaving } = machine;
  const wasTaken = leaving !== undefined && !LEFT_BY_ITSELF.includes(leaving);
  const reason = NOT_BY_ITSELF[state] ?? (wasTaken ? `the machine ends: ${leaving}` : undefined);
  if (reason === undefined) return { ok: true };
  const isFailure = state === "internal-error" || state === "io-error";
  const error = isFailure ? lastError() : undefined;
  return { ok: false, observed: { "run-state": state, why: error === undefined ? reason : `${reason}: ${error}` } };
}
