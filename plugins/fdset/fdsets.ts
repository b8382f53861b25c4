import { closeSync, fstatSync, readFileSync, readlinkSync } from "node:fs";
import type { Disposable } from "backplane";
import type { FdAccess, Fdsets, LentFd } from "./contract.ts";
import { fdsetErrors } from "./errors.ts";

const ACCESS: { readonly [access in FdAccess]: number } = { read: 0, write: 1, "read-write": 2 };
const PREFIX = "/dev/fdset/";

interface Entry {
  readonly fd: number;
  readonly opaque: string | undefined;
  users: number;
  isRemoved: boolean;
}

/** What `query-fdsets` tells of a set. */
export type FdsetInfo = {
  readonly "fdset-id": number;
  readonly fds: readonly { readonly fd: number; readonly opaque: string | undefined }[];
};

/** The sets of a machine. The descriptors belong to it: what is left is closed with the machine. */
export class FdsetTable implements Fdsets, Disposable {
  readonly #sets = new Map<number, Entry[]>();

  /** Takes a descriptor over. Throws `FD_INVALID`. */
  add(fd: number, set: number, opaque: string | undefined): void {
    const isKnown = [...this.#sets.values()].some((entries) => entries.some((entry) => entry.fd === fd));
    if (isKnown || !isInherited(fd)) throw fdsetErrors.FD_INVALID();
    const entries = this.#sets.get(set) ?? [];
    this.#sets.set(set, entries);
    entries.push({ fd, opaque, users: 0, isRemoved: false });
  }

  /** Lets one descriptor go, or all of a set. Throws `FD_NOT_FOUND`. */
  remove(set: number, fd: number | undefined): void {
    const entries = (this.#sets.get(set) ?? []).filter((entry) => !entry.isRemoved);
    const wanted = entries.filter((entry) => fd === undefined || entry.fd === fd);
    if (wanted.length === 0) throw fdsetErrors.FD_NOT_FOUND(`fdset-id:${set}${fd === undefined ? "" : `, fd:${fd}`}`);
    for (const entry of wanted) {
      entry.isRemoved = true;
      this.#closeUnused(set, entry);
    }
  }

  /** The highest number first, as the peer lists them. */
  describe(): FdsetInfo[] {
    return [...this.#sets.entries()]
      .sort(([left], [right]) => right - left)
      .map(([set, entries]) => ({
        "fdset-id": set,
        fds: entries.filter(({ isRemoved }) => !isRemoved).map(({ fd, opaque }) => ({ fd, opaque })),
      }))
      .filter(({ fds }) => fds.length > 0);
  }

  names(path: string): boolean {
    return path.startsWith(PREFIX);
  }

  open(path: string, access: FdAccess): LentFd {
    const set = /^[0-9]+$/.test(path.slice(PREFIX.length)) ? Number(path.slice(PREFIX.length)) : -1;
    const entries = this.#sets.get(set)?.filter(({ isRemoved }) => !isRemoved) ?? [];
    if (!this.names(path) || entries.length === 0) throw fdsetErrors.FDSET_NOT_FOUND(path);
    const entry = entries.find(({ fd }) => accessOf(fd) === ACCESS[access]);
    if (entry === undefined) throw fdsetErrors.FDSET_NO_MATCH(`0x${ACCESS[access].toString(16)}`);
    entry.users++;
    let isLent = true;
    return {
      fd: entry.fd,
      dispose: () => {
        if (!isLent) return;
        isLent = false;
        entry.users--;
        this.#closeUnused(set, entry);
      },
    };
  }

  dispose(): void {
    for (const [set, entries] of this.#sets) {
      for (const entry of entries) {
        entry.isRemoved = true;
        this.#closeUnused(set, entry);
      }
    }
  }

  #closeUnused(set: number, entry: Entry): void {
    if (!entry.isRemoved || entry.users > 0) return;
    const left = (this.#sets.get(set) ?? []).filter((other) => other !== entry);
    if (left.length === 0) this.#sets.delete(set);
    else this.#sets.set(set, left);
    closeSync(entry.fd);
  }
}

/** Whether a descriptor is open, and none that Node.js has opened for itself. */
function isInherited(fd: number): boolean {
  try {
    fstatSync(fd);
  } catch {
    return false;
  }
  try {
    return !readlinkSync(`/proc/self/fd/${fd}`).startsWith("anon_inode:");
  } catch {
    // Nobody tells, where there is no such file system.
    return true;
  }
}

/** How a descriptor was opened: 0 for reading, 1 for writing, 2 for both; where nobody tells, for both. */
function accessOf(fd: number): number {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
    return flags === undefined ? 2 : Number.parseInt(flags, 8) & 3;
  } catch {
    return 2;
  }
}
