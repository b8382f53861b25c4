import { machineErrors } from "./errors.ts";

/**
 * The pause between a machine's objects and its board (`--preconfig`): monitors answer, and what is still open can be
 * said. Whoever ends it has the rest built.
 */
export class Preconfig {
  /** Resolves when the rest has been built, or nobody wants it any more; rejects with what went wrong. */
  readonly over: Promise<void>;
  readonly #build: () => void;
  #resolve: () => void = () => undefined;
  #reject: (failure: unknown) => void = () => undefined;
  #isOver = false;

  constructor(build: () => void) {
    this.#build = build;
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /**
   * Builds the rest. A failure is the end of the machine and told to whoever makes it; the promise then stays pending,
   * because nobody is left to be answered. Throws `PRECONFIG_OVER` when it has been built.
   */
  async exit(): Promise<void> {
    if (this.#isOver) throw machineErrors.PRECONFIG_OVER();
    this.#isOver = true;
    try {
      this.#build();
      this.#resolve();
    } catch (failure) {
      this.#reject(failure);
      await new Promise<never>(() => undefined);
    }
  }

  /** Somebody wants the machine to end before there is one. */
  abandon(): void {
    this.#isOver = true;
    this.#resolve();
  }
}
