// Calls of the C library that Node does not have, through koffi, which is optional and loaded at first use.
import { createRequire } from "node:module";

export interface Libc {
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  /** fcntl with a `struct flock` of 64-bit offsets. */
  lock(fd: number, command: number, flock: Uint8Array): number;
  errno(): number;
}

interface Koffi {
  load(path: string | null): { func(definition: string): (...args: unknown[]) => unknown };
  errno(): number;
}

let loaded: Libc | null | undefined;

/** Undefined where koffi is not installed, or the host is no Linux. */
export function libc(): Libc | undefined {
  if (loaded === undefined) loaded = bind();
  return loaded ?? undefined;
}

function bind(): Libc | null {
  if (process.platform !== "linux") return null;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const library = koffi.load(null);
    const fallocate = library.func("int fallocate(int fd, int mode, int64_t offset, int64_t length)");
    const fcntl = library.func("int fcntl(int fd, int command, ...)");
    return {
      fallocate: (fd, mode, offset, length) => Number(fallocate(fd, mode, offset, length)),
      lock: (fd, command, flock) => Number(fcntl(fd, command, "uint8_t *", flock)),
      errno: () => koffi.errno(),
    };
  } catch {
    return null;
  }
}
