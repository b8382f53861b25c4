import type { Socket } from "node:net";
import { hostErrorText } from "backplane";
import { migrationErrors } from "../errors.ts";
import type { Transport } from "./transport.ts";

/** Writes into a connected socket or pipe of the host. */
export class StreamTransport implements Transport {
  readonly #stream: Socket;
  readonly #kind: "command" | "socket";
  readonly #closed: Promise<void>;
  #failure: Error | undefined;
  #waiting: ((failure: Error | undefined) => void) | undefined;

  /** `kind` is the peer's word for it in messages. */
  constructor(stream: Socket, kind: "command" | "socket") {
    this.#stream = stream;
    this.#kind = kind;
    stream.on("error", (error) => this.#fail(error));
    this.#closed = new Promise((resolve) => {
      stream.once("close", () => {
        this.#fail(brokenPipe());
        resolve();
      });
    });
  }

  get released(): Promise<void> {
    return this.#closed;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#refusal(this.#failure));
    let settle: ((failure: Error | undefined) => void) | undefined;
    this.#stream.write(bytes, (failure) => settle?.(failure ?? undefined));
    // The host took everything within the call: nothing refers to the bytes any more.
    if (this.#stream.writableLength === 0) return undefined;
    return new Promise((resolve, reject) => {
      settle = (failure) => {
        this.#waiting = undefined;
        if (failure === undefined) resolve();
        else reject(this.#refusal(failure));
      };
      this.#waiting = settle;
    });
  }

  shutdown(): void {
    if (this.#kind === "socket") this.#stream.destroy();
  }

  close(_complete: boolean): Promise<void> {
    // Nobody reads what the other end may have sent, so its end is not waited for.
    if (!this.#stream.destroyed) this.#stream.end(() => this.#stream.destroy());
    return this.#closed;
  }

  dispose(): void | Promise<void> {
    this.#stream.destroy();
    this.#fail(brokenPipe());
  }

  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.#waiting?.(this.#failure);
  }

  #refusal(failure: Error): Error {
    return migrationErrors.TRANSPORT_FAILED(`Unable to write to ${this.#kind}: ${hostErrorText(failure)}`);
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error("closed"), { code: "EPIPE" });
}
