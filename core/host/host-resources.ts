import { token } from "../di/token.ts";
import { disposable, type Disposable } from "../disposable.ts";

/** What a modelled host has lent out and not yet got back: mappings, registrations, pinned bytes. */
export interface HostResource {
  /** The plugin's id and what it is: `vfio-helpers mappings`. */
  readonly name: string;
  outstanding(): number;
}

/**
 * The account of all modelled hosts of a machine. What was taken minus what was given back is zero when the machine has
 * gone; the test kit looks.
 */
export interface HostResources {
  add(resource: HostResource): Disposable;
  /** In the order of registration, those also whose owner has gone. */
  all(): readonly HostResource[];
}

export const HOST_RESOURCES = token<HostResources>("HOST_RESOURCES");

export class HostResourceLedger implements HostResources {
  readonly #resources: HostResource[] = [];

  /** Disposing forgets a resource of which nothing is left; one of which something is stays, to be found. */
  add(resource: HostResource): Disposable {
    this.#resources.push(resource);
    return disposable(() => {
      if (resource.outstanding() === 0) this.#resources.splice(this.#resources.indexOf(resource), 1);
    });
  }

  all(): readonly HostResource[] {
    return [...this.#resources];
  }
}
