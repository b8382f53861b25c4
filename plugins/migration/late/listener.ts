import { lookup } from "node:dns/promises";
import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { createServer, type AddressInfo, type ListenOptions, type Server, type Socket } from "node:net";
import { errnoOf, hostErrorText, type JsonObject } from "backplane";
import type { MigrationAddress } from "../contract.ts";
import { migrationErrors } from "../errors.ts";
import { portNumber, UNIX_PATH_MAX } from "../transport/socket.ts";
import type { ByteSource } from "./byte-source.ts";
import { ReadableSource } from "./readable-source.ts";

type SocketAddress = Exclude<Extract<MigrationAddress, { transport: "socket" }>, { type: "fd" }>;
type InetAddress = Extract<SocketAddress, { type: "inet" }>;

/** Listens until one has connected: that is the source. */
export async function listen(
  address: SocketAddress,
  listening: (addresses: readonly JsonObject[]) => void,
): Promise<ByteSource> {
  switch (address.type) {
    case "unix": {
      const server = await listenUnix(address.path);
      listening([{ path: address.path, type: "unix" }]);
      return new ListeningSource(server, () => rmSync(address.path, { force: true }));
    }
    case "inet": {
      const server = await listenInet(address);
      const { address: host, port, family } = server.address() as AddressInfo;
      const flags = family === "IPv6" ? { ipv6: true } : { ipv4: true };
      listening([{ ...flags, port: String(port), host, type: "inet" }]);
      return new ListeningSource(server, () => undefined);
    }
    case "vsock": {
      const text = /^\d+$/.test(address.cid)
        ? "Failed to bind socket: this host program has no vsock"
        : `Failed to parse cid '${address.cid}'`;
      throw migrationErrors.INCOMING_OPEN(text);
    }
  }
}

async function listenUnix(path: string): Promise<Server> {
  if (Buffer.byteLength(path) >= UNIX_PATH_MAX) {
    throw migrationErrors.INCOMING_OPEN(`UNIX socket path '${path}' is too long`);
  }
  try {
    // What another process has left there is in nobody's use.
    rmSync(path, { force: true });
    return await bind({ path });
  } catch (failure) {
    // The host program's library takes a folder that is missing for one that is closed.
    const isMissing = errnoOf(failure) === "EACCES" && !existsSync(dirname(path));
    const reason = hostErrorText(isMissing ? { code: "ENOENT" } : failure);
    throw migrationErrors.INCOMING_OPEN(`Failed to bind socket to ${path}: ${reason}`);
  }
}

async function listenInet(address: InetAddress): Promise<Server> {
  const name = `${address.host}:${address.port}`;
  const port = await portNumber(address.port, name);
  const hosts = address.host === "" ? [undefined] : await resolve(address, name);
  let latest: unknown;
  for (const host of hosts) {
    try {
      return await bind({ port, ...(host === undefined ? {} : { host }) });
    } catch (failure) {
      latest = failure;
    }
  }
  throw migrationErrors.INCOMING_OPEN(`Failed to bind socket: ${hostErrorText(latest)}`);
}

async function resolve({ host, ipv4, ipv6 }: InetAddress, name: string): Promise<string[]> {
  const family = ipv4 === true && ipv6 !== true ? 4 : ipv6 === true && ipv4 !== true ? 6 : 0;
  try {
    return (await lookup(host, { all: true, family, verbatim: true })).map(({ address }) => address);
  } catch (failure) {
    const code = errnoOf(failure);
    const reason = code === "EAI_AGAIN" ? "Temporary failure in name resolution" : "Name or service not known";
    throw migrationErrors.INCOMING_OPEN(`address resolution failed for ${name}: ${reason}`);
  }
}

function bind(options: ListenOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

class ListeningSource implements ByteSource {
  readonly #server: Server;
  readonly #release: () => void;
  readonly #connected: Promise<ByteSource | undefined>;
  #source: ByteSource | undefined;

  constructor(server: Server, release: () => void) {
    this.#server = server;
    this.#release = release;
    this.#connected = new Promise((resolve) => {
      server.once("connection", (socket: Socket) => {
        // The first one is it: the door is closed behind it.
        this.#source = new ReadableSource(socket);
        server.close();
        release();
        resolve(this.#source);
      });
      server.once("close", () => resolve(undefined));
    });
  }

  async read(): Promise<Uint8Array | undefined> {
    return (await this.#connected)?.read();
  }

  async dispose(): Promise<void> {
    if (this.#server.listening) {
      this.#server.close();
      this.#release();
    }
    await this.#source?.dispose();
  }
}
