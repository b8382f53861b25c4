import { BackplaneError, messageOf } from "backplane";
import { migrationErrors } from "./errors.ts";

/** The host's errors that a load ends with. */
export type LoadErrno = "EINVAL" | "EIO" | "ENOENT" | "EOPNOTSUPP" | "EPERM" | "ERANGE";

/** A state of a stream that cannot be loaded: why, in the peer's words, from the innermost state outwards. */
export class StateFault extends Error {
  override readonly name = "StateFault";
  readonly lines: string[];
  /** What a load that fails with this ends with. */
  readonly errno: LoadErrno;

  constructor(line: string | undefined, errno: LoadErrno = "EINVAL", options: ErrorOptions = {}) {
    super(line ?? (options.cause === undefined ? errno : messageOf(options.cause)), options);
    this.lines = line === undefined ? [] : [line];
    this.errno = errno;
  }

  /** What was thrown while a state was read. Where the bytes ran out the stream itself is at fault. */
  static of(failure: unknown): StateFault {
    if (failure instanceof StateFault) return failure;
    if (!(failure instanceof BackplaneError)) throw failure;
    const isShort = failure.code === "STREAM_SHORT";
    return new StateFault(isShort ? undefined : failure.message, isShort ? "EIO" : "EINVAL", { cause: failure });
  }

  static unknownSubsection(name: string, owner: string, offset: number): StateFault {
    const cause = migrationErrors.STREAM_MALFORMED(offset, `${owner} has no subsection '${name}'`);
    return new StateFault(undefined, "ENOENT", { cause });
  }

  /** Adds what the state around it says of it. */
  within(line: string): this {
    this.lines.push(line);
    return this;
  }

  /** The bytes ran out: more of them may mend it. */
  get isShort(): boolean {
    return this.cause instanceof BackplaneError && this.cause.code === "STREAM_SHORT";
  }
}
