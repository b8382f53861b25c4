import { lstatSync, unlinkSync } from "node:fs";
import net from "node:net";
import { errnoOf, type Logger, type Origin } from "backplane";
import { CharDevice } from "./char-device.ts";
import { addressText, hostAndPort, listenFailure, type SocketAddress } from "./socket-address.ts";
import { StreamConnection } from "./stream-connection.ts";

/** Clients that may stand in line behind the one that is served. */
const QUEUE_LIMIT = 16;

/** A listening socket. One client is served at a time; others wait, unread, until it has left. */
export class SocketServerDevice extends CharDevice {
  readonly #address: SocketAddress;
  readonly #wait: boolean;
  readonly #nodelay: boolean;
  readonly #origin: Origin | undefined;
  readonly #log: Logger;
  readonly #server: net.Server;
  readonly #queue: net.Socket[] = [];
  #current: { readonly socket: net.Socket; readonly stream: StreamConnection } | undefined;
  #arrived: (() => void) | undefined;

  constructor(
    id: string,
    address: SocketAddress,
    options: { readonly wait: boolean; readonly nodelay: boolean; readonly origin?: Origin | undefined },
    log: Logger,
  ) {
    super(id);
    this.#origin = options.origin;
    this.#address = address;
    this.#wait = options.wait;
    this.#nodelay = options.nodelay;
    this.#log = log;
    this.#server = net.createServer({ pauseOnConnect: true }, (socket) => this.#arrive(socket));
  }

  get filename(): string {
    const listening = this.#server.address();
    const bound: SocketAddress =
      typeof listening === "object" && listening !== null && this.#address.kind === "tcp"
        ? { ...this.#address, port: listening.port }
        : this.#address;
    if (this.#current === undefined) return `disconnected:${addressText(bound)},server=on`;
    const { localAddress = "", localPort = 0, remoteAddress = "", remotePort = 0 } = this.#current.socket;
    if (bound.kind === "unix") return `${addressText(bound)},server=on`;
    return `tcp:${hostAndPort(localAddress, localPort)},server=on <-> ${hostAndPort(remoteAddress, remotePort)}`;
  }

  async open(): Promise<void> {
    await this.#listen();
    this.#server.on("error", (error) => this.#log.warn("accepting a client failed", { error: error.message }));
    if (!this.#wait) return;
    this.#log.info(`QEMU waiting for connection on: ${this.filename}`, { origin: this.#origin });
    if (this.#current === undefined) await new Promise<void>((resolve) => (this.#arrived = resolve));
  }

  async dispose(): Promise<void> {
    for (const socket of this.#queue.splice(0)) socket.destroy();
    // Closing removes the socket's file.
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // The client may leave while what it was written leaves.
    const current = this.#current;
    await current?.stream.flush();
    current?.socket.destroy();
    await closed;
  }

  #listen(): Promise<void> {
    const address = this.#address;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error) => reject(listenFailure(address, error)));
      if (address.kind === "tcp") {
        this.#server.listen({ host: address.host, port: address.port }, () => this.#settle(resolve));
        return;
      }
      removeStaleSocket(address.path);
      // The file is made within `listen`, so nobody else ever sees it with wider permissions.
      const mask = process.umask(0o177);
      try {
        this.#server.listen({ path: address.path }, () => this.#settle(resolve));
      } finally {
        process.umask(mask);
      }
    });
  }

  #settle(resolve: () => void): void {
    this.#server.removeAllListeners("error");
    resolve();
  }

  #arrive(socket: net.Socket): void {
    socket.on("error", () => undefined);
    if (this.#queue.length === QUEUE_LIMIT) socket.destroy();
    else {
      this.#queue.push(socket);
      this.#serveNext();
    }
  }

  #serveNext(): void {
    if (this.#current !== undefined) return;
    const socket = this.#queue.shift();
    if (socket === undefined) return;
    socket.setNoDelay(this.#nodelay);
    const stream = new StreamConnection(
      socket,
      socket,
      { received: (bytes) => this.received(bytes), drained: () => this.drained(), ended: () => this.#left() },
      () => socket.destroy(),
    );
    this.#current = { socket, stream };
    this.connected(stream);
    this.#arrived?.();
  }

  #left(): void {
    this.#current = undefined;
    this.inputEnded(true);
    this.#serveNext();
  }
}

/** A socket that an earlier process left behind is in the way; any other file is somebody's. */
function removeStaleSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch (failure) {
    // What stands in the way is for `listen` to say.
    if (errnoOf(failure) === undefined) throw failure;
  }
}
