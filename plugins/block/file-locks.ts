// Locks on images, as the peer takes them: open file description locks (fcntl(2)) on bytes that stand for what the users
// of a file do (100 up) and for what they forbid (200 up). Whoever does a thing holds a shared lock on its byte; whoever
// forbids it tests that nobody does.
import { BackplaneError } from "backplane";
import type { BlockPermissions } from "./contract.ts";
import { blockErrors } from "./errors.ts";
import { libc, type Libc } from "./libc.ts";

const OFD_GETLK = 36;
const OFD_SETLK = 37;
const LOCK = { read: 0, write: 1, unlock: 2 } as const;
const DOES = 100;
const FORBIDS = 200;
/** Bits of the peer's permissions, each with its word. */
const CONSISTENT_READ = { bit: 0, words: "consistent read" } as const;
const WRITE = { bit: 1, words: '"write"' } as const;
const FLOCK_LENGTH = 32;

export interface FileLocks {
  /** Throws with the peer's text when another holder forbids it; then the former locks stay. */
  set(permissions: BlockPermissions, name: string): void;
}

/** Where the host has no such locks, images are not protected from others. */
export function openFileLocks(fd: number): FileLocks {
  let locks: OfdLocks | undefined;
  return {
    set(permissions, name) {
      // Looked for when somebody uses the image: it takes a moment.
      const host = locks === undefined ? libc() : undefined;
      if (host !== undefined) locks = new OfdLocks(fd, host);
      locks?.set(permissions, name);
    },
  };
}

class OfdLocks implements FileLocks {
  readonly #fd: number;
  readonly #host: Libc;
  readonly #held = new Set<number>();

  constructor(fd: number, host: Libc) {
    this.#fd = fd;
    this.#host = host;
  }

  set({ reads, writes, sharesWrites }: BlockPermissions, name: string): void {
    const wanted = new Set<number>();
    if (reads) wanted.add(DOES + CONSISTENT_READ.bit);
    if (writes) wanted.add(DOES + WRITE.bit);
    if (reads && !sharesWrites) wanted.add(FORBIDS + WRITE.bit);
    const taken: number[] = [];
    try {
      for (const byte of wanted) {
        if (this.#held.has(byte)) continue;
        if (!this.#apply(byte, LOCK.read)) throw this.#refused(byte, name);
        taken.push(byte);
      }
      if (writes) this.#refuseIfLocked(FORBIDS + WRITE.bit, WRITE.words, name);
      if (reads) this.#refuseIfLocked(FORBIDS + CONSISTENT_READ.bit, CONSISTENT_READ.words, name);
      if (reads && !sharesWrites) this.#refuseIfLocked(DOES + WRITE.bit, 'shared "write"', name);
    } catch (failure) {
      for (const byte of taken) this.#apply(byte, LOCK.unlock);
      throw failure;
    }
    for (const byte of this.#held) if (!wanted.has(byte)) this.#apply(byte, LOCK.unlock);
    this.#held.clear();
    for (const byte of wanted) this.#held.add(byte);
  }

  /** One's own locks do not count: they belong to the same open file description. */
  #refuseIfLocked(byte: number, words: string, name: string): void {
    const flock = encode(byte, LOCK.write);
    if (this.#host.lock(this.#fd, OFD_GETLK, flock) !== 0) return;
    if (new DataView(flock.buffer).getInt16(0, true) === LOCK.unlock) return;
    throw lockError(words, name);
  }

  #refused(byte: number, name: string): BackplaneError {
    return lockError(byte >= FORBIDS ? 'shared "write"' : WRITE.words, name);
  }

  #apply(byte: number, type: number): boolean {
    return this.#host.lock(this.#fd, OFD_SETLK, encode(byte, type)) === 0;
  }
}

function lockError(words: string, name: string): BackplaneError {
  const { code, message } = blockErrors.BLOCK_LOCK(words);
  return new BackplaneError(code, message, { hints: [`Is another process using the image [${name}]?`] });
}

/** `struct flock` with 64-bit offsets: type, whence, start, length, process. */
function encode(byte: number, type: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(FLOCK_LENGTH));
  view.setInt16(0, type, true);
  view.setBigInt64(8, BigInt(byte), true);
  view.setBigInt64(16, 1n, true);
  return new Uint8Array(view.buffer);
}
