import { CharDevice } from "./char-device.ts";
import type { HostStdio } from "./contract.ts";
import { StreamConnection } from "./stream-connection.ts";

const INTERRUPT = 0x03;

/** The process's standard input and output. When the input ends the output stays. */
export class StdioDevice extends CharDevice {
  readonly filename = "stdio";
  readonly #stdio: HostStdio;
  readonly #signal: boolean;
  #stream: StreamConnection | undefined;

  /** With `signal`, C-c on a terminal interrupts the process as anywhere; without, the front end gets it. */
  constructor(id: string, stdio: HostStdio, signal: boolean) {
    super(id);
    this.#stdio = stdio;
    this.#signal = signal;
  }

  open(): Promise<void> {
    const { input, output } = this.#stdio;
    this.#setRaw(true);
    this.#stream = new StreamConnection(
      input,
      output,
      {
        received: (bytes) => this.#take(bytes),
        drained: () => this.drained(),
        ended: () => this.inputEnded(false),
      },
      () => input.pause(),
    );
    this.connected(this.#stream);
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    const { input } = this.#stdio;
    input.removeAllListeners("data");
    input.pause();
    this.#setRaw(false);
    // A terminal or pipe that is still open would keep the process from ending.
    if ("unref" in input && typeof input.unref === "function") input.unref();
    await this.#stream?.flush();
  }

  /** A raw terminal sends every key at once, shows none itself, and makes no signals of them. */
  #take(bytes: Uint8Array): void {
    const isInterrupt = this.#signal && isTerminal(this.#stdio.input) && bytes.includes(INTERRUPT);
    if (isInterrupt) process.kill(process.pid, "SIGINT");
    else this.received(bytes);
  }

  #setRaw(isRaw: boolean): void {
    const { input } = this.#stdio;
    if (isTerminal(input)) input.setRawMode(isRaw);
  }
}

function isTerminal(input: NodeJS.ReadableStream): input is NodeJS.ReadStream {
  return "isTTY" in input && input.isTTY === true;
}
