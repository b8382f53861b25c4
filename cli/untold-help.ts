import { RAM_BLOCK_NOTIFICATIONS, type Untold } from "backplane";

export const UNTOLD_KINDS: readonly Untold["kind"][] = [...RAM_BLOCK_NOTIFICATIONS, "mapping-added", "mapping-removed"];

/** What `--untold` does, for help texts. */
export const UNTOLD_HELP =
  "do not tell a subscriber of a kind of notification, to see what breaks; may be given several times " +
  `(kinds: ${UNTOLD_KINDS.join(", ")})`;
