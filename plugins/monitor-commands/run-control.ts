import { q, type Actions, type MachineControl, type Power, type RunStates } from "backplane";
import { monitorCommandErrors } from "./errors.ts";
import type { AddCommand } from "./add-command.ts";

const RUN_STATE = q.enum("RunState", [
  "debug",
  "inmigrate",
  "internal-error",
  "io-error",
  "paused",
  "postmigrate",
  "prelaunch",
  "finish-migrate",
  "restore-vm",
  "running",
  "save-vm",
  "shutdown",
  "suspended",
  "watchdog",
  "guest-panicked",
  "colo",
]);

/** Commands that start, halt, wake, reset and end the machine. */
export function runControl(add: AddCommand, control: MachineControl, states: RunStates, power: Power): void {
  add({
    name: "query-status",
    summary: "Whether the guest runs, and why not",
    arguments: q.none,
    result: q.struct("StatusInfo", { running: q.bool, status: RUN_STATE }),
    preconfig: true,
    run: () => ({ status: states.current, running: states.isRunning }),
  });
  add({
    name: "stop",
    summary: "Halts the guest",
    arguments: q.none,
    result: q.none,
    run: () => control.stop(),
  });
  add({
    name: "cont",
    summary: "Starts or resumes the guest",
    arguments: q.none,
    result: q.none,
    run() {
      if (states.current === "shutdown" || states.current === "internal-error")
        throw monitorCommandErrors.RESET_REQUIRED();
      if (states.current === "finish-migrate") throw monitorCommandErrors.MIGRATION_NOT_FINALIZED();
      if (states.current !== "suspended") control.cont();
    },
  });
  add({
    name: "system_reset",
    summary: "Resets the machine",
    arguments: q.none,
    result: q.none,
    run: () => control.reset("host-qmp-system-reset"),
  });
  add({
    name: "system_powerdown",
    summary: "Presses the power button",
    arguments: q.none,
    result: q.none,
    run: () => control.powerdown(),
  });
  add({
    name: "system_wakeup",
    summary: "Wakes a guest that has suspended itself to RAM",
    arguments: q.none,
    result: q.none,
    run: () => power.wakeUp(),
  });
  add({
    name: "query-current-machine",
    summary: "What this machine can do: whether its guest can be woken",
    arguments: q.none,
    result: q.struct("CurrentMachineParams", { "wakeup-suspend-support": q.bool }),
    run: () => ({ "wakeup-suspend-support": power.supported }),
  });
  add({
    name: "quit",
    summary: "Ends the machine and the process",
    arguments: q.none,
    result: q.none,
    preconfig: true,
    run: () => control.quit("host-qmp-quit"),
  });
}

const WATCHDOG = q.enum("WatchdogAction", ["reset", "shutdown", "poweroff", "pause", "debug", "none", "inject-nmi"]);

/** Commands that say what is done about what the guest does. */
export function guestActions(add: AddCommand, actions: Actions): void {
  add({
    name: "set-action",
    summary: "Says what a reboot, a shutdown, a panic and an expired watchdog of the guest lead to",
    arguments: q.struct("q_obj_set-action-arg", {
      "reboot?": q.enum("RebootAction", ["reset", "shutdown"]),
      "shutdown?": q.enum("ShutdownAction", ["poweroff", "pause"]),
      "panic?": q.enum("PanicAction", ["pause", "shutdown", "exit-failure", "none"]),
      "watchdog?": WATCHDOG,
    }),
    result: q.none,
    preconfig: true,
    run: (given) => void Object.assign(actions, given),
  });
  add({
    name: "watchdog-set-action",
    summary: "Says what an expired watchdog leads to",
    arguments: q.struct("q_obj_watchdog-set-action-arg", { action: WATCHDOG }),
    result: q.none,
    run({ action }) {
      actions.watchdog = action;
    },
  });
}
