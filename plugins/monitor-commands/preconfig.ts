import { q, type MachineControl } from "backplane";
import type { AddCommand } from "./add-command.ts";

/** The end of the pause of `--preconfig`. A build that fails ends the machine, and the command is never answered. */
export function preconfig(add: AddCommand, control: MachineControl): void {
  add({
    name: "x-exit-preconfig",
    summary: "Has the machine built, and starts the guest",
    arguments: q.none,
    result: q.none,
    preconfig: true,
    unstable: true,
    run: () => control.exitPreconfig(),
  });
}
