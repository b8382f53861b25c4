import type { Disposable } from "backplane";

/** The way that a stream leaves the machine. Disposing it releases everything at once, whatever is on the way. */
export interface Transport extends Disposable {
  /**
   * Hands over bytes, all of them, in order; they must not change until it has ended. Undefined when the host took them
   * at once. Rejects with `TRANSPORT_FAILED`, in the peer's words. One at a time.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Makes a write that waits fail, where the host has a way to (sockets); a pipe or file has none. */
  shutdown(): void;
  /**
   * Ends the stream. Resolves when the host has it all. What reads a complete one may go on for a while even when the
   * machine goes.
   */
  close(complete: boolean): Promise<void>;
  /** Resolves when nothing of it is left on the host: it is closed, and a program has left with all that it started. */
  readonly released: Promise<void>;
}
