import { open, type FileHandle } from "node:fs/promises";
import { hostErrorText } from "backplane";
import { migrationErrors } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

const CHUNK = 256 * 1024;

/** Reads a file from `offset` on. */
export async function openFileSource(filename: string, offset: number | bigint): Promise<ByteSource> {
  try {
    return new FileSource(await open(filename, "r"), Number(offset));
  } catch (failure) {
    throw migrationErrors.INCOMING_OPEN(`Could not open '${filename}': ${hostErrorText(failure)}`);
  }
}

export class FileSource implements ByteSource {
  readonly #file: FileHandle;
  #position: number | null;

  /** `position` is null for what has none: it is read on from where it stands. */
  constructor(file: FileHandle, position: number | null) {
    this.#file = file;
    this.#position = position;
  }

  async read(): Promise<Uint8Array | undefined> {
    const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, this.#position);
    if (bytesRead === 0) return undefined;
    if (this.#position !== null) this.#position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  #closed: Promise<void> | undefined;

  dispose(): Promise<void> {
    this.#closed ??= this.#file.close();
    return this.#closed;
  }
}
