import { disposable, type Disposable } from "./disposable.ts";

/** A many-to-one contribution: whoever adds holds the right to remove. Iterates in order of addition. */
export class Registry<T> implements Iterable<T> {
  readonly #entries = new Set<{ readonly value: T }>();

  get size(): number {
    return this.#entries.size;
  }

  add(value: T): Disposable {
    const entry = { value };
    this.#entries.add(entry);
    return disposable(() => {
      this.#entries.delete(entry);
    });
  }

  *[Symbol.iterator](): Iterator<T> {
    // A copy: whoever is told may add or remove.
    for (const entry of Array.from(this.#entries)) yield entry.value;
  }
}
