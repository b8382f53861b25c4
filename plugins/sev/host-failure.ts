import { HostCallError } from "backplane";
import { FirmwareCommandError } from "./contract.ts";
import { firmwareErrorText } from "./firmware-error.ts";

/** A failed call as the peer's messages tell it: what the call returned, the firmware's number, and its words. */
export interface HostFailure {
  /** Negative. */
  readonly result: number;
  readonly firmware: number;
  readonly text: string;
  /** The C library's words. */
  readonly reason: string;
}

/** Throws on what is no failure of a host. */
export function hostFailure(thrown: unknown): HostFailure {
  if (!(thrown instanceof HostCallError)) throw thrown;
  const firmware = thrown instanceof FirmwareCommandError ? thrown.firmwareError : 0;
  return { result: -thrown.errno, firmware, text: firmwareErrorText(firmware), reason: thrown.text };
}

/** Calls the host; what it refuses becomes the error that `refusal` makes of it. */
export function asking<T>(call: () => T, refusal: (failure: HostFailure) => Error): T {
  try {
    return call();
  } catch (thrown) {
    throw refusal(hostFailure(thrown));
  }
}
