import { disposable, HostCallError, type Disposable } from "backplane";
import type { BlockBuffer, RegisteredBuffers } from "./contract.ts";
import { blockErrors } from "./errors.ts";

/** Registers memory with the host's I/O, in whose words a refusal leaves. */
export function registerWithHost(buffers: RegisteredBuffers | undefined, { host, length }: BlockBuffer): Disposable {
  if (buffers === undefined) return disposable(() => undefined);
  try {
    return buffers.register(host, length);
  } catch (failure) {
    if (!(failure instanceof HostCallError)) throw failure;
    throw blockErrors.BLOCK_BUFFER(host, length, failure.text);
  }
}
