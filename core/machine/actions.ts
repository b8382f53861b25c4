import { token } from "../di/token.ts";

/** What the machine does about what happens to its guest: `-action`, `set-action`. */
export interface ActionValues {
  reboot: "reset" | "shutdown";
  shutdown: "poweroff" | "pause";
  panic: "none" | "pause" | "shutdown" | "exit-failure";
  watchdog: "reset" | "shutdown" | "poweroff" | "pause" | "debug" | "none" | "inject-nmi";
}

/** The values of now: whoever is asked to change one assigns it. */
export type Actions = ActionValues;

export const ACTIONS = token<Actions>("ACTIONS");

export function actions(given: Partial<ActionValues> = {}): Actions {
  return { reboot: "reset", shutdown: "poweroff", panic: "shutdown", watchdog: "reset", ...given };
}
