import type { BootContext } from "../boot-context.ts";
import { BOOT_ATTEMPT_NS } from "../costs.ts";
import { ITEM } from "../fw-cfg-client.ts";
import type { Steps } from "../steps.ts";

/** Pieces in which the time passes, short enough for a monitor between two. */
const PIECE_NS = 100_000;

/** Asks for the boot menu, then tries drives, of which there are none. */
export function* bootFromNothing({ fwCfg, platform }: BootContext): Steps {
  fwCfg.readItem(ITEM.bootMenu, 2);
  for (let left = BOOT_ATTEMPT_NS; left > 0; left -= PIECE_NS) {
    platform.spend(Math.min(left, PIECE_NS));
    yield undefined;
  }
}
