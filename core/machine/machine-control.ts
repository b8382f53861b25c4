import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { Guest } from "./guest.ts";
import type { ResetReason } from "./reset.ts";
import type { RunState } from "./run-state.ts";

/** What plugins may ask a running machine to do. */
export interface MachineControl {
  /** Starts or resumes the guest; while the machine waits for a migration, as soon as that has come. */
  cont(): void;
  /** Halts the guest between two slices. */
  stop(): void;
  /** Halts the guest for a reason of its own: it has panicked, a watchdog has run out. */
  halt(state: RunState): void;
  /** Runs the reset handlers and starts the guest over. */
  reset(reason: ResetReason): void;
  /** Presses the power button: tells the event, then whoever watches the button. What follows is the guest's doing. */
  powerdown(): void;
  onPowerdown(listener: () => void): Disposable;
  /** Ends the machine: `finished` resolves after everything has been released. */
  quit(reason: ShutdownReason): void;
  /** Ends the pause before the board is built, builds it, and starts the guest. Throws `PRECONFIG_OVER` without one. */
  exitPreconfig(): Promise<void>;
  /** Lets the guest go on that came with a migration. */
  goOn(): void;
  /** Whether the guest goes on when the migration has come that the machine waits for. */
  readonly autostart: boolean;
  /** Undefined before the machine is complete, and where no guest runs. */
  readonly guest: Guest | undefined;
  /** The guest was asleep when it was halted elsewhere: it goes on sleeping. */
  resumeAsleep(): void;
  /** Set by `quit`: the machine is about to be released, and takes no more orders. */
  readonly leaving: ShutdownReason | undefined;
}

/** Why a machine ends. */
export type ShutdownReason =
  | "host-qmp-quit"
  | "host-qmp-system-reset"
  | "host-signal"
  | "host-error"
  | "guest-shutdown"
  | "guest-reset"
  | "guest-panic"
  /** A watchdog whose action is `poweroff`: the process ends, and no event tells why. */
  | "watchdog"
  /** The stream that the machine waited for could not be loaded: the process ends with status 1, and no event tells why. */
  | "load-failed";

export const MACHINE_CONTROL = token<MachineControl>("MACHINE_CONTROL");
