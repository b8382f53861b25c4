import { vfioErrors } from "../../errors.ts";
import type { FileClaims } from "./file-claims.ts";
import { MemoryMedium, openFileMedium, type Medium, type MediumFault } from "./medium.ts";

const ZERO_STEP = 1024 * 1024;

export interface NamespaceOptions {
  readonly file?: string | undefined;
  readonly size?: number | undefined;
  readonly blockSize: number;
  readonly readOnly: boolean;
}

/** A namespace: blocks of a medium. */
export class Namespace {
  readonly id: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly readOnly: boolean;
  readonly #medium: Medium;

  /** Throws with the file's name when it cannot be opened, is somebody else's, or is not of whole blocks. */
  constructor(id: number, controller: string, options: NamespaceOptions, claims: FileClaims) {
    const { file, size = 0, blockSize, readOnly } = options;
    const who = `namespace ${id} of ${controller}`;
    this.id = id;
    this.blockSize = blockSize;
    this.readOnly = readOnly;
    this.#medium = file === undefined ? new MemoryMedium(size) : openFileMedium({ file, readOnly, who, claims });
    const { length } = this.#medium;
    this.blocks = length / blockSize;
    if (this.blocks > 0 && Number.isInteger(this.blocks)) return;
    this.#medium.close();
    const reason =
      length < blockSize ? "it is shorter than a block" : `its ${length} bytes are not blocks of ${blockSize}`;
    throw vfioErrors.VFIO_MODEL_NAMESPACE(file ?? "memory", reason);
  }

  holds(block: number, count: number): boolean {
    return block + count <= this.blocks;
  }

  read(block: number, into: Uint8Array): Promise<MediumFault> {
    return this.#medium.read(block * this.blockSize, into);
  }

  write(block: number, from: Uint8Array): Promise<MediumFault> {
    return this.#medium.write(block * this.blockSize, from);
  }

  async writeZeroes(block: number, count: number): Promise<MediumFault> {
    const length = count * this.blockSize;
    const zeroes = new Uint8Array(Math.min(length, ZERO_STEP));
    for (let done = 0; done < length; done += zeroes.length) {
      const part = zeroes.subarray(0, Math.min(zeroes.length, length - done));
      const fault = await this.write(block + done / this.blockSize, part);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  flush(): Promise<MediumFault> {
    return this.#medium.flush();
  }

  close(): void {
    this.#medium.close();
  }
}

/** A controller's, by number from 1. Throws what one of them throws, and then none is open. */
export function openNamespaces(
  controller: string,
  options: readonly NamespaceOptions[],
  claims: FileClaims,
): readonly Namespace[] {
  const opened: Namespace[] = [];
  try {
    for (const [index, one] of options.entries()) opened.push(new Namespace(index + 1, controller, one, claims));
    return opened;
  } catch (failure) {
    for (const one of opened) one.close();
    throw failure;
  }
}
