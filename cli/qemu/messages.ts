import type { BackplaneError, Origin } from "backplane";

/** Where messages for the user go, in the peer's form: the program, the option, the message. */
export class Messages {
  readonly program: string;
  readonly #write: (text: string) => void;
  /** `-msg timestamp=on`. */
  timestamps = false;
  /** `-msg guest-name=on` with `-name`. */
  guestName: string | undefined;

  constructor(program: string, write: (text: string) => void) {
    this.program = program;
    this.#write = write;
  }

  error(message: string, origin?: Origin): void {
    this.#say("", message, origin);
  }

  warning(message: string, origin?: Origin): void {
    this.#say("warning: ", message, origin);
  }

  info(message: string, origin?: Origin): void {
    this.#say("info: ", message, origin);
  }

  /** A line below a message, with nothing in front. */
  line(text: string): void {
    this.#write(`${text}\n`);
  }

  /** An error with its advice. `located` is false where the peer has forgotten the option by then. */
  failure(error: BackplaneError, located = true): void {
    this.error(error.message, located ? error.origin : undefined);
    for (const hint of error.hints) this.line(hint);
  }

  #say(kind: string, message: string, origin: Origin | undefined): void {
    const time = this.timestamps ? `${new Date().toISOString().replace(/Z$/, "000Z")} ` : "";
    const guest = this.guestName === undefined ? "" : `${this.guestName} `;
    const place = origin?.kind === "command-line" ? ` ${origin.text}:` : "";
    const line = origin?.kind === "file" ? `${origin.file}:${origin.line}:` : "";
    this.#write(`${time}${guest}${this.program}:${line}${place} ${kind}${message}\n`);
  }
}
