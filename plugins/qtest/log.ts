import { closeSync, openSync, writeSync } from "node:fs";
import type { Disposable } from "backplane";

/** The conversation, with the seconds since the client came. A file that cannot be opened or written keeps none, as in the peer. */
export class ConversationLog implements Disposable {
  readonly #write: (text: string) => void;
  readonly #close: () => void;
  #start = 0;

  private constructor(write: (text: string) => void, close: () => void) {
    this.#write = write;
    this.#close = close;
  }

  /** Undefined when nothing is to be kept. */
  static open(path: string | undefined, fallback: ((text: string) => void) | undefined): ConversationLog | undefined {
    if (path === "none" || path === "/dev/null") return undefined;
    if (path === undefined) return fallback === undefined ? undefined : new ConversationLog(fallback, () => undefined);
    let file: number;
    try {
      file = openSync(path, "w+");
    } catch {
      return undefined;
    }
    const write = (text: string): void => {
      try {
        writeSync(file, text);
      } catch {
        // A full disk, or a pipe that nobody reads, is no reason to stop the test.
      }
    };
    return new ConversationLog(write, () => closeSync(file));
  }

  opened(): void {
    this.#start = performance.now();
    this.#write("[I 0.000000] OPENED\n");
  }

  closed(): void {
    this.#write(`[I +${this.#elapsed}] CLOSED\n`);
  }

  received(line: string): void {
    this.#write(`[R +${this.#elapsed}] ${line}\n`);
  }

  sent(text: string): void {
    this.#write(`[S +${this.#elapsed}] ${text}`);
  }

  dispose(): void {
    this.#close();
  }

  get #elapsed(): string {
    return ((performance.now() - this.#start) / 1000).toFixed(6);
  }
}
