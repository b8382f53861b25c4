import { libc } from "./libc.ts";

const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;

/** Gives a range of a file back to the file system; false where that cannot be done. */
export function punchHole(fd: number, offset: number, length: number): boolean {
  return libc()?.fallocate(fd, PUNCH_HOLE | KEEP_SIZE, offset, length) === 0;
}
