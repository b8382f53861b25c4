import { statSync } from "node:fs";
import {
  inject,
  injectable,
  isPowerOfTwo,
  MEMORY_REGIONS,
  OBJECT,
  TARGET_PAGE_SIZE,
  type MemoryRegions,
  type ObjectContext,
  type PropertyValues,
} from "backplane";
import { checkCommon, HostMemoryBackend } from "./backend.ts";
import { memoryBackendErrors } from "./errors.ts";
import { openFile, openInFolder } from "./open-file.ts";
import type { FILE_PROPERTIES } from "./properties.ts";

type FileProperties = PropertyValues<typeof FILE_PROPERTIES>;

/** The peer's checks, in its order. */
function checkFile(type: string, properties: FileProperties, size: number): void {
  const { readonly, rom, share, align } = properties;
  if (rom === "on" && !readonly) throw memoryBackendErrors.MEMORY_BACKEND_ROM_WRITABLE();
  if (rom === "off" && readonly && share) throw memoryBackendErrors.MEMORY_BACKEND_RAM_READONLY();
  if (align % TARGET_PAGE_SIZE !== 0) throw memoryBackendErrors.MEMORY_BACKEND_ALIGN(align);
  if (align > 0 && !isPowerOfTwo(align)) throw memoryBackendErrors.MEMORY_BACKEND_ALIGN_POWER(align);
  if (size % TARGET_PAGE_SIZE !== 0) throw memoryBackendErrors.MEMORY_BACKEND_PAGE_MULTIPLE(type);
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Memory in a file: read lazily and never written back, unless `share=on` maps it. */
@injectable()
export class FileBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof FILE_PROPERTIES>,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
  ) {
    const { properties } = context;
    const { share, readonly, rom, offset, align } = properties;
    const memoryPath = properties["mem-path"];
    const size = checkCommon(context.type.name, properties);
    checkFile(context.type.name, properties, size);
    const file = { offset, readonly, region: context.id };
    const inFolder = isFolder(memoryPath);
    super(context, regions, properties, size, {
      alignment: Math.max(align, TARGET_PAGE_SIZE),
      readonly: rom === "auto" ? readonly : rom === "on",
      pmem: properties.pmem,
      namedFile: !inFolder,
      discard: properties["discard-data"],
      makeHost: () =>
        inFolder ? openInFolder(memoryPath, file, share, size) : openFile({ ...file, path: memoryPath }, share, size),
    });
  }
}
