import type { Socket } from "node:net";

interface Waiter {
  resolve(line: string): void;
  reject(error: Error): void;
}

/** Lines over a socket, in both directions: what QMP and qtest share. */
export class LineChannel {
  readonly #socket: Socket;
  readonly #lines: string[] = [];
  readonly #waiters: Waiter[] = [];
  #rest = "";
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => this.#receive(chunk));
    socket.on("error", () => this.#close());
    socket.on("close", () => this.#close());
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** The next line, without its line ending; rejects once the other side has gone. */
  next(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#closed) return Promise.reject(new Error("the peer has closed its socket"));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  destroy(): void {
    this.#socket.destroy();
    this.#close();
  }

  #receive(chunk: string): void {
    const parts = (this.#rest + chunk).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = part.endsWith("\r") ? part.slice(0, -1) : part;
      const waiter = this.#waiters.shift();
      if (waiter) waiter.resolve(line);
      else this.#lines.push(line);
    }
  }

  #close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error("the peer has closed its socket"));
  }
}
