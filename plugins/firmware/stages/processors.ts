import type { BootContext } from "../boot-context.ts";
import { view } from "../bytes.ts";
import { ITEM } from "../fw-cfg-client.ts";
import type { Steps } from "../steps.ts";

/**
 * Counts processors: the possible ones, the present ones before and after they were started. The others come up in no
 * time here, because this guest runs on one processor.
 */
export function* startProcessors(context: BootContext): Steps {
  const { fwCfg } = context;
  const possible = view(fwCfg.readItem(ITEM.maxCpus, 2)).readUInt16LE(0);
  const present = view(fwCfg.readItem(ITEM.nbCpus, 2)).readUInt16LE(0);
  fwCfg.readItem(ITEM.nbCpus, 2);
  context.maxCpus = Math.max(possible, present, 1);
  context.presentCpus = Math.max(present, 1);
  yield undefined;
}
