import { closeSync, symlinkSync, unlinkSync } from "node:fs";
import { ReadStream } from "node:tty";
import { hostErrorText } from "backplane";
import { CharDevice } from "./char-device.ts";
import { chardevErrors } from "./errors.ts";
import { openPseudoTerminal, type PseudoTerminal } from "./posix-pty.ts";
import { StreamConnection } from "./stream-connection.ts";

/** A pseudo-terminal. Somebody is always there: what nobody has read yet waits in the terminal. */
export class PtyDevice extends CharDevice {
  readonly #link: string | undefined;
  readonly #announce: (text: string) => void;
  #terminal: PseudoTerminal | undefined;
  #master: ReadStream | undefined;
  #stream: StreamConnection | undefined;

  /** `link` becomes a symbolic link to the terminal; `announce` tells whoever started the process where it is. */
  constructor(id: string, link: string | undefined, announce: (text: string) => void) {
    super(id);
    this.#link = link;
    this.#announce = announce;
  }

  get filename(): string {
    return this.#terminal === undefined ? "pty" : `pty:${this.#terminal.path}`;
  }

  open(): Promise<void> {
    const terminal = openPseudoTerminal();
    if (terminal === undefined) return Promise.reject(chardevErrors.PTY_UNAVAILABLE());
    this.#terminal = terminal;
    if (this.#link !== undefined) {
      try {
        symlinkSync(terminal.path, this.#link);
      } catch (failure) {
        return Promise.reject(chardevErrors.PTY_LINK(hostErrorText(failure)));
      }
    }
    const master = new ReadStream(terminal.master);
    this.#master = master;
    this.#stream = new StreamConnection(
      master,
      master,
      {
        received: (bytes) => this.received(bytes),
        drained: () => this.drained(),
        ended: () => this.inputEnded(true),
      },
      () => master.destroy(),
    );
    this.#announce(`char device redirected to ${terminal.path} (label ${this.id})`);
    this.connected(this.#stream);
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    await this.#stream?.flush();
    this.#master?.destroy();
    if (this.#terminal === undefined) return;
    if (this.#link !== undefined) unlinkSync(this.#link);
    closeSync(this.#terminal.slave);
    this.#terminal = undefined;
  }
}
