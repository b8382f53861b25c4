import {
  alignUp,
  byteLength,
  AnonymousMemory,
  inject,
  injectable,
  isPowerOfTwo,
  MEMORY_REGIONS,
  OBJECT,
  SharedFileMemory,
  TARGET_PAGE_SIZE,
  type MemoryRegions,
  type ObjectContext,
} from "backplane";
import { checkCommon, HostMemoryBackend, refuse } from "./backend.ts";
import { memoryBackendErrors } from "./errors.ts";
import type { MEMFD_PROPERTIES } from "./properties.ts";

/** An anonymous file, which other processes map when they are given its descriptor. */
@injectable()
export class MemfdBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof MEMFD_PROPERTIES>,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
  ) {
    const { properties } = context;
    const size = checkCommon(context.type.name, properties);
    const { hugetlb, hugetlbsize } = properties;
    if (hugetlbsize > 0 && !isPowerOfTwo(hugetlbsize)) throw memoryBackendErrors.MEMORY_BACKEND_HUGE_PAGE();
    // Without huge pages their size does not matter.
    if (hugetlb) refuse("hugetlb", "there are no huge pages");
    if (properties.seal) refuse("seal=on", "the file is not sealed against changes of its size");
    if (size % TARGET_PAGE_SIZE !== 0) throw memoryBackendErrors.MEMORY_BACKEND_PAGE_MULTIPLE(context.type.name);
    const length = byteLength(alignUp(size, TARGET_PAGE_SIZE));
    super(context, regions, properties, size, {
      alignment: TARGET_PAGE_SIZE,
      // A private mapping of a file that nobody else can open differs from anonymous memory in nothing but its alignment.
      makeHost: () => (properties.share ? SharedFileMemory.memfd(context.id, length) : new AnonymousMemory(length)),
    });
  }
}
