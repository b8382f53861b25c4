import net from "node:net";
import { CharDevice } from "./char-device.ts";
import { addressText, connectFailure, hostAndPort, type SocketAddress } from "./socket-address.ts";
import { StreamConnection } from "./stream-connection.ts";

/** A socket that connects to somebody who listens, and again after it was cut off if that was asked for. */
export class SocketClientDevice extends CharDevice {
  readonly #address: SocketAddress;
  readonly #nodelay: boolean;
  readonly #reconnectMs: number;
  #socket: net.Socket | undefined;
  #stream: StreamConnection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(
    id: string,
    address: SocketAddress,
    options: { readonly nodelay: boolean; readonly reconnectMs: number },
  ) {
    super(id);
    this.#address = address;
    this.#nodelay = options.nodelay;
    this.#reconnectMs = options.reconnectMs;
  }

  get filename(): string {
    if (this.#socket === undefined) return `disconnected:${addressText(this.#address)}`;
    if (this.#address.kind === "unix") return "unix:";
    const { localAddress = "", localPort = 0, remoteAddress = "", remotePort = 0 } = this.#socket;
    return `tcp:${hostAndPort(localAddress, localPort)} <-> ${hostAndPort(remoteAddress, remotePort)}`;
  }

  /** Without reconnection the first attempt must succeed. */
  async open(): Promise<void> {
    try {
      await this.#connect();
    } catch (failure) {
      if (this.#reconnectMs === 0) throw connectFailure(this.#address, failure);
      this.#later();
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#retry);
    await this.#stream?.flush();
    this.#socket?.destroy();
  }

  #connect(): Promise<void> {
    const address = this.#address;
    const socket = address.kind === "unix" ? net.connect(address.path) : net.connect(address.port, address.host);
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        this.#serve(socket);
        resolve();
      });
    });
  }

  #serve(socket: net.Socket): void {
    socket.on("error", () => undefined);
    socket.setNoDelay(this.#nodelay);
    const stream = new StreamConnection(
      socket,
      socket,
      { received: (bytes) => this.received(bytes), drained: () => this.drained(), ended: () => this.#left() },
      () => socket.destroy(),
    );
    this.#socket = socket;
    this.#stream = stream;
    this.connected(stream);
  }

  #left(): void {
    this.#socket = undefined;
    this.#stream = undefined;
    this.inputEnded(true);
    if (this.#reconnectMs > 0 && !this.#disposed) this.#later();
  }

  #later(): void {
    this.#retry = setTimeout(() => {
      this.#connect().catch(() => this.#later());
    }, this.#reconnectMs);
  }
}
