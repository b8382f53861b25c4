import { BackplaneAggregateError } from "./errors.ts";

/** Something that must be let go of, once. Node 20 has no `using`, so teardown is explicit. */
export interface Disposable {
  dispose(): void | Promise<void>;
}

/** Makes a Disposable of a function; calling it twice runs the function once. */
export function disposable(release: () => void | Promise<void>): Disposable {
  let released = false;
  return {
    dispose() {
      if (released) return undefined;
      released = true;
      return release();
    },
  };
}

/**
 * Owns resources and releases them newest first, all of them, once. Failures do not stop the teardown; they leave
 * together at its end. A store may be owned by another store.
 */
export class Ownership implements Disposable {
  readonly #owned: Disposable[] = [];
  #released: Promise<void> | undefined;

  get isDisposed(): boolean {
    return this.#released !== undefined;
  }

  /** Takes the resource over. On a store that is already released the resource is released at once. */
  own<T extends Disposable>(resource: T): T {
    if (this.#released === undefined) this.#owned.push(resource);
    else void resource.dispose();
    return resource;
  }

  /** `own` for a function. */
  onDispose(release: () => void | Promise<void>): Disposable {
    return this.own(disposable(release));
  }

  dispose(): Promise<void> {
    this.#released ??= this.#releaseAll();
    return this.#released;
  }

  async #releaseAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let resource = this.#owned.pop(); resource !== undefined; resource = this.#owned.pop()) {
      try {
        await resource.dispose();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new BackplaneAggregateError("TEARDOWN_FAILED", "teardown failed", failures);
  }
}
