import type { Disposable } from "backplane";

/** Where a stream comes from, opened: a file, a program's output, the first who connects. */
export interface ByteSource extends Disposable {
  /** What comes next; undefined at the end. The bytes are the caller's. Rejects with the host's error. */
  read(): Promise<Uint8Array | undefined>;
}
