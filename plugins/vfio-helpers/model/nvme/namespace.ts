import { vfioErrors } from "../../errors.ts";
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

  /** Throws with the file's name when it cannot be opened, or holds no block. */
  constructor(id: number, { file, size = 0, blockSize, readOnly }: NamespaceOptions) {
    this.id = id;
    this.blockSize = blockSize;
    this.readOnly = readOnly;
    this.#medium = file === undefined ? new MemoryMedium(size) : openFileMedium(file, readOnly);
    this.blocks = Math.floor(this.#medium.length / blockSize);
    if (this.blocks > 0) return;
    this.#medium.close();
    throw vfioErrors.VFIO_MODEL_NAMESPACE(file ?? "memory", "it is shorter than a block");
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
