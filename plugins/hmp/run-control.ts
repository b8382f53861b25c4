import type { HumanCommand } from "./contract.ts";
import type { OverQmp } from "./over-qmp.ts";

/** Commands that start, halt, wake, reset and end the machine. */
export function runControl(over: OverQmp): HumanCommand[] {
  return [
    over.act("stop|s", "stop", "halts the guest"),
    over.act("cont|c", "cont", "lets the guest go on"),
    over.act("quit|q", "quit", "ends the machine and the process", true),
    over.act("system_reset", "system_reset", "resets the machine"),
    over.act("system_powerdown", "system_powerdown", "presses the power button"),
    over.act("system_wakeup", "system_wakeup", "wakes a guest that sleeps"),
    over.act("nmi", "inject-nmi", "sends the processors a non-maskable interrupt"),
    over.act("exit_preconfig", "x-exit-preconfig", "ends --preconfig: the machine is built", true),
  ];
}
