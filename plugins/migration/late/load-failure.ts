import { hostErrorText } from "backplane";
import type { LoadErrno } from "../state-fault.ts";

/** Why a stream cannot be loaded: lines in the peer's words, and the host's error that the load ends with. */
export class LoadFailure extends Error {
  override readonly name = "LoadFailure";
  readonly lines: readonly string[];
  readonly errno: LoadErrno;

  constructor(lines: readonly string[], errno: LoadErrno) {
    super(lines[0] ?? hostErrorText({ code: errno }));
    this.lines = lines;
    this.errno = errno;
  }

  static of(line: string, errno: LoadErrno = "EINVAL"): LoadFailure {
    return new LoadFailure([line], errno);
  }

  /** The stream is over where it should go on. */
  static ended(): LoadFailure {
    return new LoadFailure([], "EIO");
  }

  /** With what the part around it says of it. */
  within(line: string): LoadFailure {
    return new LoadFailure([...this.lines, line], this.errno);
  }

  /** `load of migration failed: Invalid argument`. */
  get verdict(): string {
    return `load of migration failed: ${hostErrorText({ code: this.errno })}`;
  }
}
