import { closeSync, constants, existsSync, fstatSync, openSync } from "node:fs";
import net from "node:net";
import { hostErrorText } from "backplane";
import { CharDevice } from "./char-device.ts";
import { chardevErrors } from "./errors.ts";
import { StreamConnection } from "./stream-connection.ts";

/** Two named pipes, or one for both directions. They stay open whoever comes and goes at the other end. */
export class PipeDevice extends CharDevice {
  readonly filename = "pipe";
  readonly #path: string;
  #input: net.Socket | undefined;
  #output: net.Socket | undefined;
  #stream: StreamConnection | undefined;

  constructor(id: string, path: string) {
    super(id);
    this.#path = path;
  }

  open(): Promise<void> {
    const { input, output } = this.#openBoth();
    this.#input = input;
    this.#output = output;
    this.#stream = new StreamConnection(
      input,
      output,
      {
        received: (bytes) => this.received(bytes),
        drained: () => this.drained(),
        ended: () => this.inputEnded(false),
      },
      () => input.destroy(),
    );
    this.connected(this.#stream);
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    await this.#stream?.flush();
    this.#input?.destroy();
    this.#output?.destroy();
  }

  #openBoth(): { readonly input: net.Socket; readonly output: net.Socket } {
    const [from, to] = [`${this.#path}.in`, `${this.#path}.out`];
    if (!existsSync(from) || !existsSync(to)) {
      const both = openPipe(this.#path, { readable: true, writable: true });
      return { input: both, output: both };
    }
    const input = openPipe(from, { readable: true, writable: false });
    try {
      return { input, output: openPipe(to, { readable: false, writable: true }) };
    } catch (failure) {
      input.destroy();
      throw failure;
    }
  }
}

/** For reading and writing both, so that opening waits for nobody and no end is ever told of one that leaves. */
function openPipe(path: string, direction: { readonly readable: boolean; readonly writable: boolean }): net.Socket {
  let fd;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (failure) {
    throw chardevErrors.FILE_OPEN(path, hostErrorText(failure));
  }
  const isPipe = fstatSync(fd).isFIFO();
  if (isPipe) return new net.Socket({ fd, ...direction });
  closeSync(fd);
  throw chardevErrors.PIPE_KIND(path);
}
