import {
  errnoOf,
  hostErrorText,
  inject,
  injectable,
  OBJECT,
  SharedFileMemory,
  TARGET_PAGE_SIZE,
  type ByteLength,
  type HostMemory,
  type ObjectContext,
  type PropertyValues,
} from "backplane";
import { HostMemoryBackend, type BackendParts } from "./backend.ts";
import { mapOrRefuse, NO_MEMORY } from "./backing.ts";
import type { HostFile } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";
import { FILE_PROPERTIES } from "./properties.ts";
import { settable, settled } from "./settings.ts";
import { BACKEND_SURROUNDINGS, type BackendSurroundings } from "./surroundings.ts";

type FileProperties = PropertyValues<typeof FILE_PROPERTIES>;

const READ_ONLY_ADVICE = "open it for reading only, and still have RAM that can be written: readonly=on,rom=off";

/** Whether the guest cannot write it: by default, where the file is only read. */
function isRom({ readonly, rom, share }: FileProperties): boolean {
  if (rom === "on" && !readonly) throw memoryBackendErrors.MEMORY_BACKEND_ROM_WRITABLE();
  if (rom === "off" && readonly && share) throw memoryBackendErrors.MEMORY_BACKEND_RAM_READONLY();
  return rom === "auto" ? readonly : rom === "on";
}

/** Memory in a file: read lazily and never written back, unless `share=on` maps it. */
@injectable()
export class FileBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof FILE_PROPERTIES>,
    @inject(BACKEND_SURROUNDINGS) surroundings: BackendSurroundings,
  ) {
    const { properties } = context;
    const parts: BackendParts = { ...surroundings, context, properties };
    let rom = false;
    super(parts, {
      tooLarge: () => memoryBackendErrors.MEMORY_BACKEND_MAP(NO_MEMORY),
      isWholePages: true,
      pmem: properties.pmem,
      allocate: (length) => {
        rom = isRom(properties);
        const file = open(parts, properties);
        const memory = mapFile(parts, properties, file, length, rom);
        const alignment = Math.max(properties.align, memory.pageSize ?? TARGET_PAGE_SIZE);
        return { memory, alignment, isRom: rom, isNamed: file.nameless !== true };
      },
    });
    this.#show(context, rom);
  }

  #show(context: ObjectContext<typeof FILE_PROPERTIES>, rom: boolean): void {
    const { properties, type } = context;
    const { MEMORY_BACKEND_FIXED_FILE: place, MEMORY_BACKEND_FIXED_ACCESS: access } = memoryBackendErrors;
    for (const name of ["align", "offset"] as const) {
      settled(
        context,
        name,
        () => properties[name],
        () => place(name, type.name),
      );
    }
    settable(
      context,
      "mem-path",
      FILE_PROPERTIES["mem-path"],
      () => properties["mem-path"],
      () => {
        throw place("mem-path", type.name);
      },
    );
    for (const name of ["pmem", "readonly"] as const) {
      settable(
        context,
        name,
        FILE_PROPERTIES[name],
        () => properties[name],
        () => {
          throw access(name, type.name);
        },
      );
    }
    settled(
      context,
      "rom",
      () => (rom ? "on" : "off"),
      () => access("rom", type.name),
    );
    settable(
      context,
      "discard-data",
      FILE_PROPERTIES["discard-data"],
      () => this.settings.discardData,
      (value) => {
        this.settings.discardData = value;
      },
    );
    this.settings.discardData = properties["discard-data"];
  }
}

function open({ context, host }: BackendParts, properties: FileProperties): HostFile {
  const { readonly, share } = properties;
  const path = properties["mem-path"];
  try {
    return host.open(path, readonly, context.id);
  } catch (failure) {
    const error = memoryBackendErrors.MEMORY_BACKEND_OPEN(path, hostErrorText(failure));
    throw errnoOf(failure) === "EACCES" && !readonly && !share ? error.advise(READ_ONLY_ADVICE) : error;
  }
}

function mapFile(
  parts: BackendParts,
  properties: FileProperties,
  file: HostFile,
  length: ByteLength,
  isRom: boolean,
): HostMemory {
  const { offset, align, share, pmem } = properties;
  const path = properties["mem-path"];
  const memory = mapOrRefuse(parts, file, length, {
    path,
    offset,
    align,
    shared: share,
    readonly: isRom,
    synchronous: pmem,
  });
  if (pmem && memory instanceof SharedFileMemory && !memory.isSynchronous) {
    parts.log.warn("Using non DAX backing file with 'pmem=on' option is deprecated");
  }
  return memory;
}
