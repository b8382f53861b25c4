import { execFile } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

/** Both ends of a pipe, as file descriptors of this process. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * Makes a pipe. Node gives its children socket pairs, which hold another amount than a pipe's 64 KiB and can be shut
 * down; so this one comes from a FIFO whose name is gone again before anyone else could use it.
 */
export async function openPipe(): Promise<Pipe> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "backplane-pipe-"));
  try {
    const name = path.join(folder, "pipe");
    await promisify(execFile)("mkfifo", ["-m", "600", name]);
    return openEnds(name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A FIFO opens at once only when its other end is open, or without blocking; the child's end must block. */
function openEnds(name: string): Pipe {
  const first = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const writeEnd = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      return { readEnd: openSync(name, constants.O_RDONLY), writeEnd };
    } catch (failure) {
      closeSync(writeEnd);
      throw failure;
    }
  } finally {
    closeSync(first);
  }
}
