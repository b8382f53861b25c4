import {
  byteLength,
  hostErrorText,
  inject,
  injectable,
  isPowerOfTwo,
  OBJECT,
  type ByteLength,
  type HostMemory,
  type ObjectContext,
  type PropertyValues,
} from "backplane";
import { HostMemoryBackend, type BackendParts } from "./backend.ts";
import { fileTooLarge, mapOrRefuse, MFD, openMemfd } from "./backing.ts";
import type { HostFile } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";
import { defaultHugePage } from "./huge-pages.ts";
import { MEMFD_PROPERTIES } from "./properties.ts";
import { settable, settled } from "./settings.ts";
import { BACKEND_SURROUNDINGS, type BackendSurroundings } from "./surroundings.ts";

type MemfdProperties = PropertyValues<typeof MEMFD_PROPERTIES>;

/** F_SEAL_SEAL, F_SEAL_SHRINK and F_SEAL_GROW (fcntl(2)): nobody changes the size, or takes that back. */
const SEALS = 1 | 2 | 4;
const NAME = "memory-backend-memfd";

/** An anonymous file, which other processes map when they are given its descriptor. */
@injectable()
export class MemfdBackend extends HostMemoryBackend {
  constructor(
    @inject(OBJECT) context: ObjectContext<typeof MEMFD_PROPERTIES>,
    @inject(BACKEND_SURROUNDINGS) surroundings: BackendSurroundings,
  ) {
    const { properties } = context;
    const parts: BackendParts = { ...surroundings, context, properties };
    const page = hugePage(context.type.name, properties);
    super(parts, {
      tooLarge: (size) => fileTooLarge(size, memoryBackendErrors.MEMORY_BACKEND_MEMFD_SIZE),
      isWholePages: true,
      allocate: (length) => ({ memory: allocate(parts, properties, length, page) }),
    });
    let { hugetlb, seal } = properties;
    // What is set now would only have had an effect before the file was there.
    settable(
      context,
      "hugetlb",
      MEMFD_PROPERTIES.hugetlb,
      () => hugetlb,
      (value) => {
        hugetlb = value;
      },
    );
    settable(
      context,
      "seal",
      MEMFD_PROPERTIES.seal,
      () => seal,
      (value) => {
        seal = value;
      },
    );
    settled(context, "hugetlbsize", () => properties.hugetlbsize ?? 0, memoryBackendErrors.MEMORY_BACKEND_FIXED);
  }
}

function hugePage(type: string, { hugetlbsize }: MemfdProperties): number {
  if (hugetlbsize === 0) throw memoryBackendErrors.MEMORY_BACKEND_HUGE_PAGE_VALUE(type, "hugetlbsize", hugetlbsize);
  return hugetlbsize ?? 0;
}

function allocate(parts: BackendParts, properties: MemfdProperties, length: ByteLength, page: number): HostMemory {
  const { hugetlb, share } = properties;
  // As in the peer an odd number says nothing: the host's default it is.
  const isGiven = page > 0 && page % 2 === 0;
  if (isGiven && !isPowerOfTwo(page)) throw memoryBackendErrors.MEMORY_BACKEND_HUGE_PAGE();
  const shift = isGiven ? Math.log2(page) : 0;
  // A private mapping of a file that nobody else can open differs from anonymous memory in nothing, unless its pages do.
  if (!share && !hugetlb) return privateMemory(parts, length);
  const file = openFile(parts, properties, hugetlb ? MFD.hugePages + shift * 2 ** MFD.hugePageShift : 0);
  if (!hugetlb) return mapOrRefuse(parts, file, length, { shared: share });
  const pageSize = shift > 0 ? byteLength(page) : defaultHugePage();
  return mapOrRefuse(parts, { ...file, pageSize }, length, { shared: share });
}

function privateMemory({ context, host, properties }: BackendParts, length: ByteLength): HostMemory {
  const { size } = properties;
  if (size < length) throw memoryBackendErrors.MEMORY_BACKEND_TOO_SMALL(context.id, size, length, 0);
  try {
    return host.mapAnonymous(length);
  } catch (failure) {
    throw memoryBackendErrors.MEMORY_BACKEND_MAP(hostErrorText(failure));
  }
}

/** `huge` are the flags for huge pages; the exponent of their size stands in the upper bits. */
function openFile(parts: BackendParts, { seal, size }: MemfdProperties, huge: number): HostFile {
  const { host } = parts;
  const file = openMemfd(parts, NAME, MFD.closeOnExec + (seal ? MFD.allowSealing : 0) + huge, size);
  try {
    if (seal) host.seal(file, SEALS);
  } catch (failure) {
    host.forget(file, false);
    throw memoryBackendErrors.MEMORY_BACKEND_SEALS(SEALS, hostErrorText(failure));
  }
  return file;
}
