import { HostCallError, type Disposable, type Logger } from "backplane";
import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import type { NvmmHost, NvmmMachine } from "./contract.ts";
import { nvmmErrors } from "./errors.ts";
import { netbsdErrno } from "./host-errno.ts";

/** Gives each processor a virtual one of the host's. Without, the peer ends, also when a processor is plugged later. */
export class NvmmVcpus {
  readonly #host: NvmmHost;
  readonly #machine: NvmmMachine;
  readonly #log: Logger;
  readonly #indices = new Set<number>();
  /** Told once, of the first processor. */
  readonly #begins: () => void;
  #hasBegun = false;

  constructor(host: NvmmHost, machine: NvmmMachine, log: Logger, begins: () => void) {
    this.#host = host;
    this.#machine = machine;
    this.#log = log;
    this.#begins = begins;
  }

  follow(cpus: Cpus): Disposable[] {
    return [cpus.onPlug(({ index }) => this.#create(index)), cpus.onUnplug(({ index }) => this.#destroy(index))];
  }

  all(): readonly number[] {
    return [...this.#indices].toSorted((a, b) => a - b);
  }

  #create(index: number): void {
    if (!this.#hasBegun) this.#begins();
    this.#hasBegun = true;
    try {
      this.#host.vcpuCreate(this.#machine, index);
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      this.#log.error(`NVMM: Failed to create a virtual processor, error=${netbsdErrno(failure)}`);
      throw nvmmErrors.NVMM_VCPU(failure.text);
    }
    this.#indices.add(index);
  }

  #destroy(index: number): void {
    if (!this.#indices.delete(index)) return;
    try {
      this.#host.vcpuDestroy(this.#machine, index);
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      // The peer does not look; the processor goes with the machine.
      this.#log.debug(`vcpu ${index} stays: ${failure.text}`);
    }
  }
}
