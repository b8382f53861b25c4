import { addCompat } from "./chardev-option.ts";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { Exit, originOf, type Occurrence } from "./occurrence.ts";

const ON = "chardev:";

/** `-serial`, `-parallel`: a port and the character device it is on in one; with `mon:` a monitor shares it. */
export function addPort(draft: Draft, kind: "serial" | "parallel", occurrence: Occurrence): void {
  const text = occurrence.argument;
  const ports = kind === "serial" ? draft.serials : draft.parallels;
  if (text === "none") {
    ports.push(text);
    return;
  }
  const id = text.startsWith(ON) ? text.slice(ON.length) : `${kind}${ports.length}`;
  const isThere = text.startsWith(ON)
    ? draft.lists.chardev.find(id) !== undefined
    : addCompat(draft, id, text, occurrence);
  if (!isThere) {
    const failure = kind === "serial" ? commandLineErrors.SERIAL : commandLineErrors.PARALLEL;
    draft.messages.error(failure(text).message, originOf(occurrence));
    throw new Exit(1);
  }
  if (text.startsWith("mon:")) draft.monitors.push({ chardev: id, mode: "readline", pretty: false, occurrence });
  ports.push(ON + id);
}

/** The character device of a port, where there is one. */
export function chardevOfPort(text: string): { readonly chardev?: string } {
  return text.startsWith(ON) ? { chardev: text.slice(ON.length) } : {};
}

/** Without graphics a machine talks to its terminal: its serial port if it has one, its monitor, or both. */
export function addDefaultTerminal(draft: Draft, hasPorts: boolean): void {
  if (!draft.nographic || !draft.defaults) return;
  const occurrence = (argument: string): Occurrence => ({ name: "nographic", text: "-nographic", argument });
  const hasMonitor = draft.hasMonitor || draft.monitors.length > 0 || draft.lists.mon.groups.length > 0;
  const wantsSerial = hasPorts && draft.serials.length === 0;
  if (wantsSerial) addPort(draft, "serial", occurrence(hasMonitor ? "stdio" : "mon:stdio"));
  else if (!hasMonitor) {
    const id = `compat_monitor${draft.compatMonitors++}`;
    addCompat(draft, id, "stdio", occurrence("stdio"));
    draft.monitors.push({ chardev: id, mode: "readline", pretty: false, occurrence: occurrence("stdio") });
  }
}
