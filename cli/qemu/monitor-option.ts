import { addCompat } from "./chardev-option.ts";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { at, Exit, originOf, type Occurrence } from "./occurrence.ts";
import { switchValue, valueOf } from "./option-list.ts";

/** `-qmp`, `-qmp-pretty`, `-monitor`: a monitor and what it is connected to in one. */
export function addMonitor(draft: Draft, occurrence: Occurrence, mode: "control" | "readline", pretty = false): void {
  const text = occurrence.argument;
  const prefix = "chardev:";
  const chardev = text.startsWith(prefix) ? text.slice(prefix.length) : `compat_monitor${draft.compatMonitors}`;
  if (!text.startsWith(prefix) && !addCompat(draft, chardev, text, occurrence)) {
    draft.messages.failure(commandLineErrors.MONITOR_PARSE(text).from(originOf(occurrence)));
    throw new Exit(1);
  }
  draft.compatMonitors++;
  draft.monitors.push({ chardev, mode, pretty, occurrence });
}

/** The character device that `-qtest` means, which is made when all others have been read. */
export function qtestChardev(draft: Draft, occurrence: Occurrence): string {
  const text = occurrence.argument;
  const prefix = "chardev:";
  const isNamed = text.startsWith(prefix);
  const chardev = isNamed ? text.slice(prefix.length) : "qtest";
  const isThere = isNamed
    ? draft.lists.chardev.find(chardev) !== undefined
    : addCompat(draft, chardev, text, occurrence, false);
  if (!isThere) throw commandLineErrors.QTEST_CHARDEV(text);
  return chardev;
}

/** `-mon` is looked at when everything has been read: its character device may come later. */
export function addMon(draft: Draft, occurrence: Occurrence): void {
  draft.lists.mon.add(occurrence);
}

/** Reads the groups of `-mon`. Throws what is wrong with them. */
export function readMons(draft: Draft): void {
  for (const group of draft.lists.mon.groups) {
    at(group.occurrence, () => {
      const chardev = valueOf(group, "chardev");
      const mode = valueOf(group, "mode") ?? "readline";
      const pretty = valueOf(group, "pretty");
      if (chardev === undefined) throw commandLineErrors.KEY_MISSING("chardev");
      if (mode !== "control" && mode !== "readline") throw commandLineErrors.VALUE_CHOICE("mode", mode);
      const isPretty = pretty !== undefined && switchValue("pretty", pretty);
      if (mode === "readline" && isPretty) throw commandLineErrors.MONITOR_PRETTY();
      draft.monitors.push({ chardev, mode, pretty: isPretty, occurrence: group.occurrence });
    });
  }
}
