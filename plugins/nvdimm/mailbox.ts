// The mailbox behind the device-specific methods of NVDIMMs. The guest lays a request into a page and writes the page's
// address to a port; the answer stands in the page when the write is done. The page's layout is this machine's own (the
// SSDT writes it); the functions are those of Intel's "NVDIMM DSM Interface Example", revision 1.8, §3.
import {
  byteLength,
  guestAddress,
  type AddressSpace,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { Nvdimm, Nvdimms } from "./contract.ts";
import { buildNfitStructures, nvdimmHandle } from "./nfit.ts";

export const PAGE_LENGTH = 4096;
/** handle, revision, function; then the arguments. */
const REQUEST_HEADER = 12;
/** Length and status, which every answer starts with. */
const ANSWER_HEADER = 8;
/** Offset and length, in front of the data of "set label data". */
const LABEL_HEADER = 8;
const MAX_TRANSFER = Math.min(PAGE_LENGTH - ANSWER_HEADER, PAGE_LENGTH - REQUEST_HEADER - LABEL_HEADER);
const REVISION = 1;

const STATUS = { success: 0, unsupported: 1, noDevice: 2, invalid: 3, interfaceTableChanged: 0x100 } as const;
/** Handles beside those of the modules: the root device, and the method by which the root's `_FIT` is read. */
const HANDLE = { root: 0, readInterfaceTable: 0x10000 } as const;
const FUNCTION = { supported: 0, readInterfaceTable: 1, labelSize: 4, getLabel: 5, setLabel: 6 } as const;

/** Bit 0: there is more than function 0. */
const functions = (...numbers: readonly number[]): number => numbers.reduce((bits, number) => bits | (1 << number), 1);

interface Request {
  readonly handle: number;
  readonly revision: number;
  readonly function: number;
  readonly arguments: DataView;
}

export class NvdimmMailbox {
  readonly region: MemoryRegion;
  readonly #memory: AddressSpace;
  readonly #nvdimms: Nvdimms;
  readonly #log: Logger;
  /** The interface table as of the last plug. */
  #table: Uint8Array = new Uint8Array(0);
  /** It changed while the guest was reading it piece by piece. */
  #hasChanged = false;

  constructor(regions: MemoryRegions, memory: AddressSpace, nvdimms: Nvdimms, log: Logger) {
    this.#memory = memory;
    this.#nvdimms = nvdimms;
    this.#log = log;
    this.region = regions.io("nvdimm-acpi-io", byteLength(4), {
      valid: { min: 4, max: 4 },
      read: () => 0,
      write: (_offset, address) => this.#serve(address),
    });
  }

  /** A module came. */
  plugged(): void {
    const { plugged, persistence } = this.#nvdimms;
    this.#table = buildNfitStructures({ nvdimms: plugged, ...(persistence === undefined ? {} : { persistence }) });
    this.#hasChanged = true;
  }

  #serve(address: number): void {
    const page = new Uint8Array(PAGE_LENGTH);
    this.#memory.read(guestAddress(address), page);
    const view = new DataView(page.buffer);
    const request = {
      handle: view.getUint32(0, true),
      revision: view.getUint32(4, true),
      function: view.getUint32(8, true),
      arguments: new DataView(page.buffer, REQUEST_HEADER),
    };
    this.#memory.write(guestAddress(address), this.#answer(request));
  }

  #answer(request: Request): Uint8Array {
    if (request.revision !== REVISION) {
      this.#log.debug("a method of an unknown revision was called", { revision: request.revision });
      return status(STATUS.unsupported);
    }
    if (request.handle === HANDLE.readInterfaceTable) return this.#answerTable(request);
    if (request.handle === HANDLE.root) {
      return request.function === FUNCTION.supported ? supported(0) : status(STATUS.unsupported);
    }
    const nvdimm = this.#nvdimms.plugged.find(({ slot }) => nvdimmHandle(slot) === request.handle);
    return answerModule(nvdimm, request);
  }

  #answerTable(request: Request): Uint8Array {
    if (request.function === FUNCTION.supported) return supported(functions(FUNCTION.readInterfaceTable));
    if (request.function !== FUNCTION.readInterfaceTable) return status(STATUS.unsupported);
    const offset = request.arguments.getUint32(0, true);
    if (offset > this.#table.length) return status(STATUS.invalid);
    if (offset === 0) this.#hasChanged = false;
    if (this.#hasChanged) return status(STATUS.interfaceTableChanged);
    const part = this.#table.subarray(offset, offset + PAGE_LENGTH - ANSWER_HEADER);
    return answer(STATUS.success, part);
  }
}

function answerModule(nvdimm: Nvdimm | undefined, request: Request): Uint8Array {
  const hasLabel = nvdimm !== undefined && nvdimm.labelSize > 0;
  if (request.function === FUNCTION.supported) {
    return supported(hasLabel ? functions(FUNCTION.labelSize, FUNCTION.getLabel, FUNCTION.setLabel) : 0);
  }
  if (nvdimm === undefined) return status(STATUS.noDevice);
  if (!hasLabel) return status(STATUS.unsupported);
  const offset = request.arguments.getUint32(0, true);
  const length = request.arguments.getUint32(4, true);
  const fits = offset + length <= Math.min(nvdimm.labelSize, 0xffff_ffff) && length <= MAX_TRANSFER;
  switch (request.function) {
    case FUNCTION.labelSize: {
      const sizes = new DataView(new ArrayBuffer(8));
      sizes.setUint32(0, nvdimm.labelSize, true);
      sizes.setUint32(4, MAX_TRANSFER, true);
      return answer(STATUS.success, new Uint8Array(sizes.buffer));
    }
    case FUNCTION.getLabel: {
      if (!fits) return status(STATUS.invalid);
      const data = new Uint8Array(length);
      nvdimm.readLabel(offset, data);
      return answer(STATUS.success, data);
    }
    case FUNCTION.setLabel: {
      if (!fits) return status(STATUS.invalid);
      if (nvdimm.readonly) return status(STATUS.unsupported);
      const { buffer, byteOffset } = request.arguments;
      nvdimm.writeLabel(offset, new Uint8Array(buffer, byteOffset + LABEL_HEADER, length));
      return status(STATUS.success);
    }
    default:
      return status(STATUS.unsupported);
  }
}

/** Length, status, data. */
function answer(code: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ANSWER_HEADER + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, code, true);
  bytes.set(data, ANSWER_HEADER);
  return bytes;
}

function status(code: number): Uint8Array {
  return answer(code, new Uint8Array(0));
}

/** Which functions there are: a set of bits where other answers have a status. */
function supported(bits: number): Uint8Array {
  return answer(bits, new Uint8Array(0));
}
