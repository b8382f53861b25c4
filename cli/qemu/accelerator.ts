import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { at, Exit, originOf } from "./occurrence.ts";
import { valueOf, type OptionGroup } from "./option-list.ts";

/** There is one, and it is what the peer calls its own: guests run by being interpreted. */
const AVAILABLE = "tcg";

export const ACCELERATOR_HELP = `Accelerators supported in QEMU binary:\n${AVAILABLE}\n`;

/**
 * `-accel` and `-machine accel=`: the first that is available is taken, and what was not is told. Throws, or leaves, when
 * none is.
 */
export function chooseAccelerator(draft: Draft, machineAccelerators: string | undefined): void {
  const { messages } = draft;
  const groups = draft.lists.accel.groups;
  if (groups.length > 0) {
    if (machineAccelerators !== undefined) throw commandLineErrors.ACCELERATOR_CONFLICT();
    let failed = false;
    for (const group of groups) {
      const name = valueOf(group, "accel") ?? "";
      if (name === AVAILABLE) {
        at(group.occurrence, () => checkProperties(group));
        if (failed) messages.error(`falling back to ${AVAILABLE}`);
        return;
      }
      messages.failure(commandLineErrors.ACCELERATOR_INVALID(name).from(originOf(group.occurrence)));
      failed = true;
    }
    throw new Exit(1);
  }
  const names = (machineAccelerators ?? AVAILABLE).split(":").filter((name) => name !== "");
  const usable = names.indexOf(AVAILABLE);
  const invalid = names.filter((name) => name !== AVAILABLE);
  for (const name of invalid) messages.failure(commandLineErrors.ACCELERATOR_INVALID(name));
  if (usable < 0) {
    if (invalid.length === 0) messages.failure(commandLineErrors.ACCELERATOR_NONE());
    throw new Exit(1);
  }
  if (invalid.length > 0) messages.error(`falling back to ${AVAILABLE}`);
}

/** Properties of the peer's interpreter. A guest has one thread here, and no translated code whose size could be set. */
function checkProperties(group: OptionGroup): void {
  for (const { key, value } of group.pairs) {
    if (key === "accel") continue;
    if (key !== "thread") throw commandLineErrors.ACCELERATOR_PROPERTY(key);
    if (value === "multi") throw commandLineErrors.OPTION_VALUE_UNAVAILABLE("thread=multi");
    if (value !== "single") throw commandLineErrors.ACCELERATOR_THREAD(value);
  }
}
