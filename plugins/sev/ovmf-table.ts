// The table of GUIDs at the end of an OVMF image (edk2, OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm): entries of data,
// a length and a GUID, read from the end; and the list of pages that a guest with SEV-SNP is to start with
// (OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm).

export const OVMF_GUID = {
  footer: "96b582de-1fb2-45f7-baea-a366c55a082d",
  sevInfo: "00f771de-1a7e-4fcb-890e-68c77e2fb44e",
  hashTable: "7255371f-3a3b-4b04-927b-1da6efa8d454",
  secret: "4c2eb361-7d9b-4cc3-8081-127c90d3d294",
  sevMetadata: "dc886566-984a-4798-a75e-5585a7bf67cc",
} as const;

const GUID_BYTES = 16;
const LENGTH_BYTES = 2;
const ENTRY_FOOT = GUID_BYTES + LENGTH_BYTES;
/** Between the table and the end of the image is the reset vector. */
const BEHIND_TABLE = 32;
const SMALLEST_IMAGE = 4096;

/** What the firmware wants pages for (`OVMF_SECTION_TYPE_…`). */
export const OVMF_SECTION = { memory: 1, secrets: 2, cpuid: 3, callingArea: 4, kernelHashes: 0x10 } as const;

export interface OvmfSection {
  readonly base: number;
  readonly length: number;
  readonly type: number;
}

/** The bytes of a GUID as firmware stores it: the first three parts are little-endian. */
export function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

export class OvmfTable {
  readonly #image: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(image: Uint8Array) {
    this.#image = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
    const footer = image.length - BEHIND_TABLE - GUID_BYTES;
    this.#end = footer - LENGTH_BYTES;
    const isThere = image.length >= SMALLEST_IMAGE && this.#holds(OVMF_GUID.footer, footer);
    const length = isThere ? this.#image.readUInt16LE(this.#end) - ENTRY_FOOT : 0;
    this.#start = length < 0 || length > this.#end ? this.#end : this.#end - length;
  }

  /** The data of an entry. */
  find(guid: string): Buffer | undefined {
    let end = this.#end;
    while (end - this.#start >= ENTRY_FOOT) {
      const length = this.#image.readUInt16LE(end - ENTRY_FOOT);
      if (length < ENTRY_FOOT || length > end - this.#start) return undefined;
      if (this.#holds(guid, end - GUID_BYTES)) return this.#image.subarray(end - length, end - ENTRY_FOOT);
      end -= length;
    }
    return undefined;
  }

  /** A 32-bit number at the start of an entry's data: most have one there. */
  number(guid: string): number | undefined {
    const data = this.find(guid);
    return data !== undefined && data.length >= 4 ? data.readUInt32LE(0) : undefined;
  }

  /** The processors' first instruction from the original place: in front of the reset vector, without a table. */
  legacyResetAddress(): number | undefined {
    const guid = this.#image.length - BEHIND_TABLE - GUID_BYTES;
    if (guid < ENTRY_FOOT || !this.#holds(OVMF_GUID.sevInfo, guid)) return undefined;
    const length = this.#image.readUInt16LE(guid - LENGTH_BYTES);
    const at = this.#image.length - BEHIND_TABLE - length;
    return length < 4 || at < 0 ? undefined : this.#image.readUInt32LE(at);
  }

  /** Undefined where the image does not say. */
  sections(): readonly OvmfSection[] | undefined {
    const offset = this.number(OVMF_GUID.sevMetadata);
    const start = offset === undefined ? -1 : this.#image.length - offset;
    if (start < 0 || start + 16 > this.#image.length) return undefined;
    const length = this.#image.readUInt32LE(start + 4);
    if (this.#image.toString("latin1", start, start + 4) !== "ASEV") return undefined;
    if (length < 16 || length > this.#image.length - start) return undefined;
    const count = Math.min(this.#image.readUInt32LE(start + 12), Math.floor((length - 16) / 12));
    return Array.from({ length: count }, (_, index) => {
      const at = start + 16 + index * 12;
      return {
        base: this.#image.readUInt32LE(at),
        length: this.#image.readUInt32LE(at + 4),
        type: this.#image.readUInt32LE(at + 8),
      };
    });
  }

  #holds(guid: string, at: number): boolean {
    return at >= 0 && this.#image.subarray(at, at + GUID_BYTES).equals(guidBytes(guid));
  }
}
