// Advice for the host's kernel: madvise(2).
import { errnoOf, HostCallError, hostErrorText, type HostMemory } from "backplane";
import type { BackendHost } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";
import type { ThreadContext } from "./thread-context.ts";

export const ADVICE = { mergeable: 12, unmergeable: 13, dontDump: 16, doDump: 17, populateWrite: 23 } as const;

const PAGE = 4096;

/** A kernel without the feature is no reason not to have the memory. */
export function adviseIfPossible(host: BackendHost, memory: HostMemory, advice: number): void {
  try {
    host.advise(memory, advice);
  } catch (failure) {
    if (!(failure instanceof HostCallError)) throw failure;
  }
}

/** Has the host hold all of a memory: the kernel does it, or every page is written with what it holds. */
export function preallocate(
  host: BackendHost,
  memory: HostMemory,
  isReadonly: boolean,
  context: Pick<ThreadContext, "run"> | undefined,
): void {
  // Where the peer's process ends: the pages cannot be written.
  if (isReadonly) throw memoryBackendErrors.MEMORY_BACKEND_PREALLOC("Bad address");
  try {
    if (context === undefined) populate(host, memory);
    else context.run(() => populate(host, memory));
  } catch (failure) {
    throw memoryBackendErrors.MEMORY_BACKEND_PREALLOC(hostErrorText(failure));
  }
}

function populate(host: BackendHost, memory: HostMemory): void {
  if (canPopulate(host, memory)) host.advise(memory, ADVICE.populateWrite);
  touch(memory);
}

/** Elder kernels do not know the advice, and neither do some mappings. Any other refusal comes again. */
function canPopulate(host: BackendHost, memory: HostMemory): boolean {
  try {
    host.advise(memory, ADVICE.populateWrite);
    return true;
  } catch (failure) {
    return errnoOf(failure) !== "EINVAL";
  }
}

function touch(memory: HostMemory): void {
  for (let offset = 0; offset < memory.length; offset += PAGE) {
    const value = memory.readUint(offset, 1);
    // Nobody else can see the passing value; where somebody could, writing the old one is enough.
    if (!memory.shared) memory.writeUint(offset, 1, value ^ 0xff);
    memory.writeUint(offset, 1, value);
  }
}
