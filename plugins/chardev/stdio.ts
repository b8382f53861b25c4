import { CharDevice } from "./char-device.ts";
import type { HostStdio } from "./contract.ts";
import { StreamConnection } from "./stream-connection.ts";

/** The process's standard input and output. When the input ends the output stays. */
export class StdioDevice extends CharDevice {
  readonly filename = "stdio";
  readonly #stdio: HostStdio;
  #stream: StreamConnection | undefined;

  constructor(id: string, stdio: HostStdio) {
    super(id);
    this.#stdio = stdio;
  }

  open(): Promise<void> {
    const { input, output } = this.#stdio;
    this.#stream = new StreamConnection(
      input,
      output,
      {
        received: (bytes) => this.received(bytes),
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
    // A terminal or pipe that is still open would keep the process from ending.
    if ("unref" in input && typeof input.unref === "function") input.unref();
    await this.#stream?.flush();
  }
}
