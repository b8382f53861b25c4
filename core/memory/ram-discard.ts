import { token } from "../di/token.ts";
import { disposable, type Disposable } from "../disposable.ts";
import { memoryErrors } from "./errors.ts";

/**
 * Whether memory of RAM blocks may be given back to the host while the machine runs. Who pins it (VFIO, SEV) must forbid
 * it: a device would go on writing into pages that the guest no longer has. Who lives from giving it back (virtio-mem)
 * requires it. The two exclude each other.
 */
export interface RAMDiscard {
  /** Memory stays until disposed. Throws `RAM_DISCARD_BUSY` while somebody requires it to go. */
  disable(who: string): Disposable;
  /** Nobody may forbid it until disposed. Throws `RAM_DISCARD_BUSY` while somebody does. */
  require(who: string): Disposable;
  readonly isDisabled: boolean;
  readonly isRequired: boolean;
}

export const RAM_DISCARD = token<RAMDiscard>("RAM_DISCARD");

export class MachineRAMDiscard implements RAMDiscard {
  readonly #disabledBy: string[] = [];
  readonly #requiredBy: string[] = [];

  get isDisabled(): boolean {
    return this.#disabledBy.length > 0;
  }

  get isRequired(): boolean {
    return this.#requiredBy.length > 0;
  }

  disable(who: string): Disposable {
    return enlist(who, this.#disabledBy, this.#requiredBy);
  }

  require(who: string): Disposable {
    return enlist(who, this.#requiredBy, this.#disabledBy);
  }
}

function enlist(who: string, own: string[], others: readonly string[]): Disposable {
  if (others.length > 0) throw memoryErrors.RAM_DISCARD_BUSY(who, others);
  own.push(who);
  return disposable(() => void own.splice(own.indexOf(who), 1));
}
