// What holds a namespace's bytes: a file of the host, or memory.
import { closeSync, fdatasync, fstatSync, openSync, read, write } from "node:fs";
import { AnonymousMemory, byteLength, errnoOf, hostErrorText } from "backplane";
import { openFileLocks } from "backplane/plugins/block/contract";
import { vfioErrors } from "../../errors.ts";
import type { FileClaims } from "./file-claims.ts";

/** What became of a call: undefined, or the errno's name. */
export type MediumFault = string | undefined;

export interface Medium {
  readonly length: number;
  read(position: number, into: Uint8Array): Promise<MediumFault>;
  write(position: number, from: Uint8Array): Promise<MediumFault>;
  flush(): Promise<MediumFault>;
  close(): void;
}

/** Forgotten with the machine; what was never written costs nothing. */
export class MemoryMedium implements Medium {
  readonly length: number;
  readonly #memory: AnonymousMemory;

  constructor(length: number) {
    this.length = length;
    this.#memory = new AnonymousMemory(byteLength(length));
  }

  read(position: number, into: Uint8Array): Promise<MediumFault> {
    this.#memory.read(position, into);
    return Promise.resolve(undefined);
  }

  write(position: number, from: Uint8Array): Promise<MediumFault> {
    this.#memory.write(position, from);
    return Promise.resolve(undefined);
  }

  flush(): Promise<MediumFault> {
    return Promise.resolve(undefined);
  }

  close(): void {
    this.#memory.dispose();
  }
}

export interface FileUse {
  readonly file: string;
  readonly readOnly: boolean;
  /** The namespace, in words. */
  readonly who: string;
  readonly claims: FileClaims;
}

/** Throws with the file's name, also when somebody else has it. Files are never made. */
export function openFileMedium({ file, readOnly, who, claims }: FileUse): Medium {
  let fd: number;
  try {
    fd = openSync(file, readOnly ? "r" : "r+");
  } catch (failure) {
    throw vfioErrors.VFIO_MODEL_FILE(file, hostErrorText(failure));
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw vfioErrors.VFIO_MODEL_NAMESPACE(file, "it is no file");
    claims.add(file, status, { who, writes: !readOnly });
    // Nobody else writes it, in this process (a node of the driver `file`) or another.
    openFileLocks(fd).set({ reads: true, writes: !readOnly, sharesWrites: false }, file);
    return new FileMedium(fd, status.size);
  } catch (failure) {
    closeSync(fd);
    throw failure;
  }
}

class FileMedium implements Medium {
  readonly length: number;
  readonly #fd: number;

  constructor(fd: number, length: number) {
    this.#fd = fd;
    this.length = length;
  }

  read(position: number, into: Uint8Array): Promise<MediumFault> {
    return everything(into.length, (done, ready) =>
      read(this.#fd, into, done, into.length - done, position + done, ready),
    );
  }

  write(position: number, from: Uint8Array): Promise<MediumFault> {
    return everything(from.length, (done, ready) =>
      write(this.#fd, from, done, from.length - done, position + done, ready),
    );
  }

  flush(): Promise<MediumFault> {
    return new Promise((resolve) => {
      fdatasync(this.#fd, (failure) => resolve(failure === null ? undefined : (errnoOf(failure) ?? "EIO")));
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

type Ready = (failure: NodeJS.ErrnoException | null, count: number) => void;

/** The host may do less than it was asked for. */
async function everything(length: number, step: (done: number, ready: Ready) => void): Promise<MediumFault> {
  for (let done = 0; done < length;) {
    const count = await new Promise<number | string>((resolve) =>
      step(done, (failure, some) => resolve(failure === null ? some : (errnoOf(failure) ?? "EIO"))),
    );
    if (typeof count === "string") return count;
    // The file was made shorter.
    if (count === 0) return "EIO";
    done += count;
  }
  return undefined;
}
