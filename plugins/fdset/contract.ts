import { token, type Disposable } from "backplane";

/** How a file is about to be used. */
export type FdAccess = "read" | "write" | "read-write";

/** A descriptor in use. Disposing of it gives it back; it is closed when nobody uses it and its set has let it go. */
export interface LentFd extends Disposable {
  readonly fd: number;
}

/** File descriptors that the process was started with, kept in numbered sets: `/dev/fdset/3` names what set 3 has. */
export interface Fdsets {
  /** Whether a path names a set. */
  names(path: string): boolean;
  /** The set's first descriptor that was opened that way. Throws `FDSET_NOT_FOUND`, `FDSET_NO_MATCH`. */
  open(path: string, access: FdAccess): LentFd;
}

export const FDSETS = token<Fdsets>("FDSETS");
