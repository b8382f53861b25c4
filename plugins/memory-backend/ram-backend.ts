import {
  HostCallError,
  hostErrorText,
  inject,
  injectable,
  MiB,
  OBJECT,
  type ByteLength,
  type ObjectContext,
} from "backplane";
import { HostMemoryBackend, type BackendParts } from "./backend.ts";
import { mapBacking, MFD, NO_MEMORY, openMemfd } from "./backing.ts";
import { memoryBackendErrors } from "./errors.ts";
import type { RAM_PROPERTIES } from "./properties.ts";
import { BACKEND_SURROUNDINGS, type BackendSurroundings } from "./surroundings.ts";

/** Anonymous memory starts where a huge page may start, and a device made of it must as well. */
const ANONYMOUS_ALIGNMENT = 2 * MiB;

/** Anonymous memory; shared with processes that inherit it where `share=on`. */
@injectable()
export class RamBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof RAM_PROPERTIES>,
    @inject(BACKEND_SURROUNDINGS) surroundings: BackendSurroundings,
  ) {
    const { properties } = context;
    const parts: BackendParts = { ...surroundings, context, properties };
    super(parts, {
      tooLarge: () => memoryBackendErrors.MEMORY_BACKEND_ANONYMOUS(context.id, NO_MEMORY),
      allocate: (length) => ({
        memory: properties.share ? allocateShared(parts, length) : allocatePrivate(parts, length),
        alignment: ANONYMOUS_ALIGNMENT,
      }),
    });
  }
}

function allocatePrivate({ context, host }: BackendParts, length: ByteLength) {
  try {
    return host.mapAnonymous(length);
  } catch (failure) {
    throw memoryBackendErrors.MEMORY_BACKEND_ANONYMOUS(context.id, hostErrorText(failure));
  }
}

/** In an anonymous file. Where the host does not map that, it is asked for shared memory once more. */
function allocateShared(parts: BackendParts, length: ByteLength) {
  const { id } = parts.context;
  const attempt = () => mapBacking(parts, openMemfd(parts, id, MFD.closeOnExec, 0), length, { shared: true });
  try {
    return attempt();
  } catch (failure) {
    if (!(failure instanceof HostCallError)) throw failure;
  }
  try {
    return attempt();
  } catch (failure) {
    if (!(failure instanceof HostCallError)) throw failure;
    throw memoryBackendErrors.MEMORY_BACKEND_ANONYMOUS(id, failure.text);
  }
}
