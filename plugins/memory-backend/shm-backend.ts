import {
  hostErrorText,
  inject,
  injectable,
  OBJECT,
  type ByteLength,
  type HostMemory,
  type ObjectContext,
} from "backplane";
import { HostMemoryBackend, type BackendParts } from "./backend.ts";
import { fileTooLarge, mapOrRefuse } from "./backing.ts";
import { memoryBackendErrors } from "./errors.ts";
import type { SHM_PROPERTIES } from "./properties.ts";
import { BACKEND_SURROUNDINGS, type BackendSurroundings } from "./surroundings.ts";

/** A POSIX shared memory object that has lost its name (shm_overview(7)). */
@injectable()
export class ShmBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof SHM_PROPERTIES>,
    @inject(BACKEND_SURROUNDINGS) surroundings: BackendSurroundings,
  ) {
    const { properties } = context;
    const parts: BackendParts = { ...surroundings, context, properties };
    super(parts, {
      tooLarge: (size) => fileTooLarge(size, memoryBackendErrors.MEMORY_BACKEND_SHM_SIZE),
      allocate: (length) => ({ memory: allocate(parts, length) }),
    });
  }
}

function allocate(parts: BackendParts, length: ByteLength): HostMemory {
  const { host, properties } = parts;
  if (!properties.share) throw memoryBackendErrors.MEMORY_BACKEND_SHM_PRIVATE();
  const file = open(parts);
  try {
    host.truncate(file, properties.size);
  } catch (failure) {
    host.forget(file, false);
    throw memoryBackendErrors.MEMORY_BACKEND_SHM_SIZE(properties.size, hostErrorText(failure));
  }
  return mapOrRefuse(parts, file, length, { shared: true });
}

function open({ host }: BackendParts) {
  try {
    return host.openShared();
  } catch (failure) {
    throw memoryBackendErrors.MEMORY_BACKEND_SHM(hostErrorText(failure));
  }
}
