import { EVERY_NOTIFICATION, type RAMBlockNotifierPolicy } from "backplane";

/**
 * What the machine's registry of RAM block notifiers tells. `series`: all five kinds, as the thread's patches have it.
 * `qemu-10.0`: the peer's three callbacks; a block's name and whether it is migratable change without a word, and who
 * registers while a resize is being told hears nothing of it.
 *
 * Alike in both, since the peer's registry does so too: the youngest notifier is told first; registration tells of every
 * block that is mapped, in the list's order, and leaving tells of the end of every one; a resize is told before it is
 * made, a removal before the block goes.
 */
export const NOTIFIER_POLICIES = {
  series: EVERY_NOTIFICATION,
  "qemu-10.0": { name: "qemu-10.0", tells: ["added", "resized", "removed"], tellsNewcomers: false },
} as const satisfies Record<string, RAMBlockNotifierPolicy>;

export type NotifierPolicyName = keyof typeof NOTIFIER_POLICIES;
export const NOTIFIER_POLICY_NAMES = Object.keys(NOTIFIER_POLICIES) as readonly NotifierPolicyName[];
