import { q, type MachineControl, type RunStates } from "backplane";
import { monitorCommandErrors } from "./errors.ts";
import type { AddCommand } from "./add-command.ts";

/** Commands that start, halt, reset and end the machine. */
export function runControl(add: AddCommand, control: MachineControl, states: RunStates): void {
  add({
    name: "query-status",
    summary: "Whether the guest runs, and why not",
    arguments: q.none,
    preconfig: true,
    run: () => ({ status: states.current, running: states.isRunning }),
  });
  add({
    name: "stop",
    summary: "Halts the guest",
    arguments: q.none,
    run: () => control.stop(),
  });
  add({
    name: "cont",
    summary: "Starts or resumes the guest",
    arguments: q.none,
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
    run: () => control.reset("host-qmp-system-reset"),
  });
  add({
    name: "system_powerdown",
    summary: "Presses the power button",
    arguments: q.none,
    run: () => control.powerdown(),
  });
  add({
    name: "quit",
    summary: "Ends the machine and the process",
    arguments: q.none,
    preconfig: true,
    run: () => control.quit("host-qmp-quit"),
  });
}
