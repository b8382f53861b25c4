import { disposable, type Disposable } from "../disposable.ts";
import { messageOf } from "../errors.ts";

/** Who watches deliveries without taking part. */
export class Observers<Notice> {
  readonly #what: string;
  /** Replaced, never changed: who comes or goes while a notice is handed out does not disturb it. */
  #observers: readonly ((notice: Notice) => void)[] = [];

  /** `what` they watch stands in the warning about one that fails. */
  constructor(what: string) {
    this.#what = what;
  }

  get isEmpty(): boolean {
    return this.#observers.length === 0;
  }

  add(observer: (notice: Notice) => void): Disposable {
    // A fresh function per registration: the same observer may watch twice.
    const watching = (notice: Notice): void => observer(notice);
    this.#observers = [...this.#observers, watching];
    return disposable(() => {
      this.#observers = this.#observers.filter((other) => other !== watching);
    });
  }

  tell(notice: Notice): void {
    for (const observer of this.#observers) {
      try {
        observer(notice);
      } catch (failure) {
        // An observer takes no part: its failure must not look like the change's.
        process.emitWarning(`an observer of ${this.#what} failed: ${messageOf(failure)}`);
      }
    }
  }
}
