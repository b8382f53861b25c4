import type { Disposable } from "backplane";

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Catches what ends a process, so that what it owns can be released first: signals, and output that nobody takes. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  #caught: NodeJS.Signals | undefined;

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#handle);
    process.stdout.on("error", this.#abort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the task comes to, or undefined as soon as something is caught; the task is then left alone. */
  async unlessCaught<T>(task: Promise<T>): Promise<T | undefined> {
    const { signal } = this;
    if (signal.aborted) return undefined;
    let stop = (): void => undefined;
    const aborted = new Promise<undefined>((resolve) => {
      stop = () => resolve(undefined);
      signal.addEventListener("abort", stop);
    });
    try {
      return await Promise.race([task, aborted]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Lets signals do what they usually do; one that was caught ends the process now. */
  dispose(): void {
    for (const name of SIGNALS) process.removeListener(name, this.#handle);
    process.stdout.removeListener("error", this.#abort);
    if (this.#caught !== undefined) process.kill(process.pid, this.#caught);
  }

  readonly #handle = (name: NodeJS.Signals): void => {
    this.#caught ??= name;
    this.#abort();
  };

  readonly #abort = (): void => this.#controller.abort();
}
