import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { at, Exit, originOf } from "./occurrence.ts";
import { valueOf, type OptionGroup } from "./option-list.ts";

/** Guests run by being interpreted, which is what the peer's own is; with `qtest` none runs. */
export type Accelerator = "tcg" | "qtest";
const AVAILABLE: readonly Accelerator[] = ["qtest", "tcg"];
const DEFAULT: Accelerator = "tcg";

export const ACCELERATOR_HELP = `Accelerators supported in QEMU binary:\n${AVAILABLE.map((name) => `${name}\n`).join("")}`;

const available = (name: string): Accelerator | undefined => AVAILABLE.find((candidate) => candidate === name);

/**
 * `-accel` and `-machine accel=`: the first that is available is taken, and what was not is told. Throws, or leaves, when
 * none is.
 */
export function chooseAccelerator(draft: Draft, machineAccelerators: string | undefined): Accelerator {
  const { messages } = draft;
  const groups = draft.lists.accel.groups;
  if (groups.length > 0) {
    if (machineAccelerators !== undefined) throw commandLineErrors.ACCELERATOR_CONFLICT();
    let failed = false;
    for (const group of groups) {
      const name = valueOf(group, "accel") ?? "";
      const found = available(name);
      if (found !== undefined) {
        at(group.occurrence, () => checkProperties(group, found));
        if (failed) messages.error(`falling back to ${found}`);
        return found;
      }
      messages.failure(commandLineErrors.ACCELERATOR_INVALID(name).from(originOf(group.occurrence)));
      failed = true;
    }
    throw new Exit(1);
  }
  const names = (machineAccelerators ?? DEFAULT).split(":").filter((name) => name !== "");
  const invalid = names.filter((name) => available(name) === undefined);
  for (const name of invalid) messages.failure(commandLineErrors.ACCELERATOR_INVALID(name));
  const [chosen] = names.flatMap((name) => available(name) ?? []);
  if (chosen === undefined) {
    if (invalid.length === 0) messages.failure(commandLineErrors.ACCELERATOR_NONE());
    throw new Exit(1);
  }
  if (invalid.length > 0) messages.error(`falling back to ${chosen}`);
  return chosen;
}

/** Properties of the peer's interpreter. A guest has one thread here, and no translated code whose size could be set. */
function checkProperties(group: OptionGroup, accelerator: Accelerator): void {
  for (const { key, value } of group.pairs) {
    if (key === "accel") continue;
    if (key !== "thread" || accelerator !== "tcg") throw commandLineErrors.ACCELERATOR_PROPERTY(key);
    if (value === "multi") throw commandLineErrors.OPTION_VALUE_UNAVAILABLE("thread=multi");
    if (value !== "single") throw commandLineErrors.ACCELERATOR_THREAD(value);
  }
}
