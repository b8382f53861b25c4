import { lookup } from "node:dns/promises";
import { ADDRCONFIG, V4MAPPED } from "node:dns";
import { readFile } from "node:fs/promises";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { errnoOf, hostErrorText } from "backplane";
import type { MigrationAddress } from "../contract.ts";
import { migrationErrors } from "../errors.ts";
import { StreamTransport } from "./stream-transport.ts";
import type { Transport } from "./transport.ts";

type SocketAddress = Extract<MigrationAddress, { transport: "socket" }>;
type InetAddress = Extract<SocketAddress, { type: "inet" }>;

/** Room in the host's structure for a socket's path, with its end. */
export const UNIX_PATH_MAX = 108;

/** Connects. Until then `signal` gives it up. */
export function connectSocket(address: SocketAddress, signal: AbortSignal): Promise<Transport> {
  switch (address.type) {
    case "unix":
      return connectUnix(address.path, signal);
    case "inet":
      return connectInet(address, signal);
    case "vsock": {
      const text = /^\d+$/.test(address.cid)
        ? `Failed to connect to '${address.cid}:${address.port}': this host program has no vsock`
        : `Failed to parse cid '${address.cid}'`;
      return Promise.reject(migrationErrors.TRANSPORT_FAILED(text));
    }
    case "fd":
      // Descriptors come in through getfd and -add-fd, which this host program does not have: no name is known.
      return Promise.reject(
        migrationErrors.TRANSPORT_FAILED(`File descriptor named '${address.str}' has not been found`),
      );
  }
}

async function connectUnix(path: string, signal: AbortSignal): Promise<Transport> {
  if (Buffer.byteLength(path) >= UNIX_PATH_MAX) {
    throw migrationErrors.TRANSPORT_FAILED(`UNIX socket path '${path}' is too long`);
  }
  // The empty path is an address that nobody can listen on; the host's library takes it for no path at all.
  if (path === "") throw migrationErrors.TRANSPORT_FAILED("Failed to connect to '': Connection refused");
  try {
    return new StreamTransport(await open({ path }, signal), "socket");
  } catch (failure) {
    throw migrationErrors.TRANSPORT_FAILED(`Failed to connect to '${path}': ${hostErrorText(failure)}`);
  }
}

async function connectInet(address: InetAddress, signal: AbortSignal): Promise<Transport> {
  const name = `${address.host}:${address.port}`;
  const [port, hosts] = [await portNumber(address.port, name), await resolve(address, name)];
  let latest: unknown;
  for (const host of hosts) {
    try {
      const socket = await open({ host, port }, signal);
      socket.setNoDelay(true);
      return new StreamTransport(socket, "socket");
    } catch (failure) {
      latest = failure;
    }
  }
  throw migrationErrors.TRANSPORT_FAILED(`Failed to connect to '${name}': ${hostErrorText(latest)}`);
}

async function resolve({ host, ipv4, ipv6 }: InetAddress, name: string): Promise<string[]> {
  const family = ipv4 === true && ipv6 !== true ? 4 : ipv6 === true && ipv4 !== true ? 6 : 0;
  try {
    if (host === "") throw Object.assign(new Error("no host"), { code: "ENOTFOUND" });
    const found = await lookup(host, { all: true, family, verbatim: true, hints: ADDRCONFIG | V4MAPPED });
    return found.map(({ address }) => address);
  } catch (failure) {
    const code = errnoOf(failure);
    const reason = code === "EAI_AGAIN" ? "Temporary failure in name resolution" : "Name or service not known";
    throw migrationErrors.TRANSPORT_FAILED(`address resolution failed for ${name}: ${reason}`);
  }
}

/** A number, of which the low 16 bits count, or a name of the host's list of services. */
export async function portNumber(port: string, name: string): Promise<number> {
  if (/^\d+$/.test(port)) return Number(BigInt.asUintN(16, BigInt(port)));
  const services = await readFile("/etc/services", "utf8").catch(() => "");
  for (const line of services.split("\n")) {
    const [service, where = "", ...aliases] = (line.split("#")[0] ?? "").trim().split(/\s+/);
    if (where.endsWith("/tcp") && (service === port || aliases.includes(port))) return Number.parseInt(where, 10);
  }
  throw migrationErrors.TRANSPORT_FAILED(
    `address resolution failed for ${name}: Servname not supported for ai_socktype`,
  );
}

function open(to: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...to, allowHalfOpen: true });
    const giveUp = (): void => {
      socket.destroy();
      reject(Object.assign(new Error("cancelled"), { code: "ECANCELED" }));
    };
    const failed = (failure: Error): void => {
      signal.removeEventListener("abort", giveUp);
      reject(failure);
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("error", failed);
    socket.once("connect", () => {
      signal.removeEventListener("abort", giveUp);
      socket.off("error", failed);
      resolve(socket);
    });
    return undefined;
  });
}
