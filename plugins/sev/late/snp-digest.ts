// AMD SEV-SNP ABI §8.17.2: the launch digest is a chain of SHA-384 over a description of each page.
import { createHash } from "node:crypto";

export const DIGEST_BYTES = 48;
export const PAGE_BYTES = 4096;
const PAGE_INFO_BYTES = 0x70;
const AT = { contents: 48, length: 96, type: 98, address: 104 } as const;
export const PAGE_TYPE = { normal: 1, vmsa: 2, zero: 3, unmeasured: 4, secrets: 5, cpuid: 6 } as const;
export type DigestPageType = keyof typeof PAGE_TYPE;
/** Where save areas are recorded: they have no guest address. */
export const VMSA_ADDRESS = 0xffff_ffff_f000;

const sha384 = (bytes: Uint8Array): Buffer => createHash("sha384").update(bytes).digest();

export class SnpDigest {
  #digest: Buffer;

  /** Empty, or as it was after pages that are not at hand. */
  constructor(start: Uint8Array = new Uint8Array(DIGEST_BYTES)) {
    this.#digest = Buffer.from(start);
  }

  get value(): Buffer {
    return Buffer.from(this.#digest);
  }

  /** `contents` is the page, for the types whose contents count. */
  add(type: DigestPageType, address: number, contents?: Uint8Array): void {
    const isMeasured = type === "normal" || type === "vmsa";
    const page = Buffer.alloc(PAGE_INFO_BYTES);
    this.#digest.copy(page, 0);
    if (isMeasured && contents !== undefined) sha384(contents).copy(page, AT.contents);
    page.writeUInt16LE(PAGE_INFO_BYTES, AT.length);
    page.writeUInt8(PAGE_TYPE[type], AT.type);
    page.writeBigUInt64LE(BigInt(address), AT.address);
    this.#digest = sha384(page);
  }
}
