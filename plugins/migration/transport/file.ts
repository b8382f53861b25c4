import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { hostErrorText } from "backplane";
import { migrationErrors } from "../errors.ts";
import type { Transport } from "./transport.ts";

/** Opens (and makes) a file, cuts it off at `offset` and writes from there; what lies before is kept. */
export async function openFile(filename: string, offset: number | bigint): Promise<Transport> {
  let file: FileHandle;
  try {
    file = await open(filename, constants.O_CREAT | constants.O_WRONLY, 0o600);
  } catch (failure) {
    throw migrationErrors.TRANSPORT_FAILED(`Could not create '${filename}': ${hostErrorText(failure)}`);
  }
  try {
    if (offset > Number.MAX_SAFE_INTEGER) throw Object.assign(new Error("offset"), { code: "EINVAL" });
    await file.truncate(Number(offset));
  } catch (failure) {
    await file.close();
    const place = BigInt(offset).toString(16);
    throw migrationErrors.TRANSPORT_FAILED(
      `failed to truncate migration file to offset ${place}: ${hostErrorText(failure)}`,
    );
  }
  return new FileTransport(file, Number(offset));
}

class FileTransport implements Transport {
  readonly #file: FileHandle;
  #release: () => void = () => undefined;
  #position: number;
  #closed: Promise<void> | undefined;
  readonly released: Promise<void>;

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.released = new Promise((resolve) => {
      this.#release = resolve;
    });
    this.#position = position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let from = 0; from < bytes.length;) {
        const { bytesWritten } = await this.#file.write(bytes, from, bytes.length - from, this.#position);
        from += bytesWritten;
        this.#position += bytesWritten;
      }
    } catch (failure) {
      throw migrationErrors.TRANSPORT_FAILED(`Unable to write to file: ${hostErrorText(failure)}`);
    }
  }

  shutdown(): void {
    // A file has no other end: a write that waits for the host ends when the host says so.
  }

  close(_complete: boolean): Promise<void> {
    this.#closed ??= this.#file.close().finally(this.#release);
    return this.#closed;
  }

  dispose(): Promise<void> {
    return this.close(false);
  }
}
