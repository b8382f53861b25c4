import { disposable, Ownership, type Disposable } from "backplane";

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** The signals that ask the process to end, from the moment they are taken until they are disposed. */
export class Signals implements Disposable {
  readonly #controller = new AbortController();
  readonly #ownership = new Ownership();
  #received: number | undefined;
  #listener: ((signal: number) => void) | undefined;

  /** `stop` stands for the signals of a process that is not ours; its reason is the number. */
  constructor(stop?: AbortSignal) {
    for (const [name, number] of Object.entries(SIGNALS)) {
      const handle = (): void => this.#receive(number);
      process.on(name, handle);
      this.#ownership.own(disposable(() => void process.removeListener(name, handle)));
    }
    if (stop === undefined) return;
    const abort = (): void => this.#receive(Number(stop.reason));
    if (stop.aborted) abort();
    else stop.addEventListener("abort", abort, { once: true });
    this.#ownership.own(disposable(() => stop.removeEventListener("abort", abort)));
  }

  /** Aborts with the first signal. */
  get aborted(): AbortSignal {
    return this.#controller.signal;
  }

  /** The number of the first signal that came. */
  get received(): number | undefined {
    return this.#received;
  }

  /** Hears of a signal, at once of one that has come already. */
  listen(listener: (signal: number) => void): void {
    this.#listener = listener;
    if (this.#received !== undefined) listener(this.#received);
  }

  dispose(): Promise<void> {
    return this.#ownership.dispose();
  }

  #receive(signal: number): void {
    this.#received ??= signal;
    this.#controller.abort();
    this.#listener?.(signal);
  }
}
