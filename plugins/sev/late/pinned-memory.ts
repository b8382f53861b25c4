import type { HostAddress, HostMapping, HostMappingNotifier, Logger, RAMBlock, RAMBlockNotifier } from "backplane";
import { HostCallError } from "backplane";
import type { KvmHost } from "../contract.ts";
import { sevErrors } from "../errors.ts";

/** Keeps the memory of an encrypted guest registered with KVM, which pins it. */
export class PinnedMemory implements RAMBlockNotifier, HostMappingNotifier {
  readonly name = "sev";
  readonly #host: KvmHost;
  readonly #log: Logger;
  readonly #refused: (text: string) => void;

  /** `refused` is told what cannot be pinned, before the refusal leaves: a machine that runs cannot go on. */
  constructor(host: KvmHost, log: Logger, refused: (text: string) => void) {
    this.#host = host;
    this.#log = log;
    this.#refused = refused;
  }

  ramBlockAdded(block: RAMBlock): void {
    // Memory of a device is I/O: nothing of the guest lies in it, and it cannot be pinned.
    if (block.region.ramDevice) return;
    this.#register(block.hostAddress, block.maxLength);
  }

  ramBlockRemoved(block: RAMBlock): void {
    if (block.region.ramDevice) return;
    this.#unregister(block.hostAddress, block.maxLength);
  }

  hostMappingAdded({ hostAddress, length }: HostMapping): void {
    this.#register(hostAddress, length);
  }

  hostMappingRemoved({ hostAddress, length }: HostMapping): void {
    this.#unregister(hostAddress, length);
  }

  #register(address: HostAddress, length: number): void {
    try {
      this.#host.registerRegion(address, length);
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      const error = sevErrors.SEV_REGISTER(address, length, failure.text);
      this.#refused(error.message);
      throw error;
    }
  }

  #unregister(address: HostAddress, length: number): void {
    try {
      this.#host.unregisterRegion(address, length);
    } catch (failure) {
      if (!(failure instanceof HostCallError)) throw failure;
      this.#log.error(sevErrors.SEV_UNREGISTER(address, length).message);
    }
  }
}
