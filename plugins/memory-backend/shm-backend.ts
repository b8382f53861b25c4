import {
  byteLength,
  inject,
  injectable,
  MEMORY_REGIONS,
  OBJECT,
  TARGET_PAGE_SIZE,
  type MemoryRegions,
  type ObjectContext,
} from "backplane";
import { checkCommon, HostMemoryBackend } from "./backend.ts";
import { memoryBackendErrors } from "./errors.ts";
import { openInFolder } from "./open-file.ts";
import type { SHM_PROPERTIES } from "./properties.ts";

/** Where POSIX shared memory objects are (shm_overview(7)). */
const FOLDER = "/dev/shm";

/** A POSIX shared memory object that has lost its name. */
@injectable()
export class ShmBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof SHM_PROPERTIES>,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
  ) {
    const { properties } = context;
    const size = checkCommon(context.type.name, properties);
    if (!properties.share) throw memoryBackendErrors.MEMORY_BACKEND_SHM_PRIVATE();
    if (size % TARGET_PAGE_SIZE !== 0) throw memoryBackendErrors.MEMORY_BACKEND_SHM_SIZE(context.id, size);
    super(context, regions, properties, size, {
      alignment: TARGET_PAGE_SIZE,
      makeHost: () => openInFolder(FOLDER, { region: context.id }, true, byteLength(size)),
    });
  }
}
