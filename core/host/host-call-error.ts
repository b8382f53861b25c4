import { hostErrorText } from "../errno.ts";
import { ERRNO, type HostErrno } from "./errno-numbers.ts";

/**
 * What a host interface answers instead of doing what it was asked: a call and an errno. It is data for the plugin that
 * made the call, which turns it into the error that its original gives; it is no `BackplaneError`.
 */
export class HostCallError extends Error {
  override readonly name = "HostCallError";
  /** As Node's own errors have it. */
  readonly code: HostErrno;
  /** Linux's number, positive. */
  readonly errno: number;
  readonly call: string;

  constructor(call: string, code: HostErrno) {
    super(`${call}: ${hostErrorText({ code })}`);
    this.call = call;
    this.code = code;
    this.errno = ERRNO[code];
  }

  /** The C library's words: `No space left on device`. */
  get text(): string {
    return hostErrorText(this);
  }
}
