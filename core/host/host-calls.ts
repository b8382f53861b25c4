import { HostCallError } from "./host-call-error.ts";
import type { HostErrno } from "./errno-numbers.ts";
import { hostErrors } from "./errors.ts";

/** A call of a modelled host that is to fail. */
export interface HostFault {
  /** Its name in the host's contract, e.g. `mapDma`. */
  readonly call: string;
  /** The first one that fails, counted from 1. */
  readonly nth: number;
  /** How many fail from there on; default 1. */
  readonly times?: number | undefined;
  readonly errno: HostErrno;
}

/**
 * Counts the calls into a modelled host and fails those that a definition names. Every model asks it first, so that a
 * failing call has changed nothing.
 */
export class HostCalls<Call extends string> {
  readonly #counts: Map<Call, number>;
  readonly #faults: readonly HostFault[];

  /** Throws `HOST_CALL_UNKNOWN` for a fault in a call that the host does not have. */
  constructor(host: string, calls: readonly Call[], faults: readonly HostFault[] = []) {
    this.#counts = new Map(calls.map((call) => [call, 0]));
    for (const { call } of faults) {
      if (!calls.some((known) => known === call)) throw hostErrors.HOST_CALL_UNKNOWN(host, call, calls);
    }
    this.#faults = faults;
  }

  /** Throws a `HostCallError` when this call is to fail. */
  enter(call: Call): void {
    const number = (this.#counts.get(call) ?? 0) + 1;
    this.#counts.set(call, number);
    if (this.#faults.length === 0) return;
    const fault = this.#faults.find(
      ({ call: name, nth, times = 1 }) => name === call && number >= nth && number < nth + times,
    );
    if (fault !== undefined) throw new HostCallError(call, fault.errno);
  }

  /** How often it was called, failures included. */
  count(call: Call): number {
    return this.#counts.get(call) ?? 0;
  }
}
