import { KiB, MiB, type GuestAddress, type MemoryRegion } from "backplane";
import type { MeasuredFirmware, VcpuState } from "./contract.ts";
import { sevErrors } from "./errors.ts";
import { readOutsideFile } from "./outside-file.ts";
import { OVMF_GUID, OvmfTable } from "./ovmf-table.ts";

const GRANULE = 64 * KiB;
const MOST = 8 * MiB;
/** Where an x86 processor starts. */
const RESET_VECTOR = 0xffff_fff0;

/** The firmware that an encrypted guest is launched with, and what it says of itself. */
export class FirmwareImage implements MeasuredFirmware {
  #image: Uint8Array | undefined;
  #table: OvmfTable | undefined;
  #applicationReset: number | undefined;
  readonly #isWanted: () => boolean;
  readonly #laid: (region: MemoryRegion, address: GuestAddress) => void;

  constructor(isWanted: () => boolean, laid: (region: MemoryRegion, address: GuestAddress) => void) {
    this.#isWanted = isWanted;
    this.#laid = laid;
  }

  get isWanted(): boolean {
    return this.#isWanted();
  }

  get image(): Uint8Array | undefined {
    return this.#image;
  }

  get table(): OvmfTable | undefined {
    return this.#table;
  }

  /** Throws `SEV_FIRMWARE_FILE`. */
  async load(file: string): Promise<void> {
    const image = await readOutsideFile(file, MOST).catch(() => undefined);
    if (image === undefined || image.length === 0 || image.length % GRANULE !== 0) {
      throw sevErrors.SEV_FIRMWARE_FILE(file);
    }
    this.#image = image;
    this.#table = new OvmfTable(image);
  }

  laid(region: MemoryRegion, address: GuestAddress): void {
    this.#laid(region, address);
  }

  /** Where all processors but the first start when their registers are encrypted. Throws what an image must say for that. */
  findApplicationReset(): void {
    const address = this.#table?.number(OVMF_GUID.sevInfo) ?? this.#table?.legacyResetAddress();
    if (address === undefined) throw sevErrors.SEV_RESET_BLOCK();
    if (address === 0) throw sevErrors.SEV_RESET_ADDRESS();
    this.#applicationReset = address;
  }

  /** The processors as they are started. */
  processors(count: number, signature: number): readonly VcpuState[] {
    return Array.from({ length: count }, (_, index) => {
      const start = index === 0 ? RESET_VECTOR : (this.#applicationReset ?? RESET_VECTOR);
      return { signature, codeBase: (start & 0xffff_0000) >>> 0, instruction: start & 0xffff };
    });
  }
}
