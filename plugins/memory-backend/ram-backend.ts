import {
  alignUp,
  byteLength,
  inject,
  injectable,
  MEMORY_REGIONS,
  MiB,
  OBJECT,
  SharedFileMemory,
  TARGET_PAGE_SIZE,
  type MemoryRegions,
  type ObjectContext,
} from "backplane";
import { checkCommon, HostMemoryBackend } from "./backend.ts";
import type { RAM_PROPERTIES } from "./properties.ts";

/** Anonymous memory starts where a huge page may start, and a device made of it must as well. */
const ANONYMOUS_ALIGNMENT = 2 * MiB;

/** Anonymous memory; shared with processes that inherit it where `share=on`. */
@injectable()
export class RamBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof RAM_PROPERTIES>,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
  ) {
    const { properties } = context;
    const size = checkCommon(context.type.name, properties);
    const mapped = byteLength(alignUp(size, TARGET_PAGE_SIZE));
    super(context, regions, properties, size, {
      alignment: ANONYMOUS_ALIGNMENT,
      ...(properties.share ? { makeHost: () => SharedFileMemory.memfd(context.id, mapped) } : {}),
    });
  }
}
