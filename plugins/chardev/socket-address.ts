import { existsSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { errnoOf, hostErrorText, type BackplaneError } from "backplane";
import { chardevErrors } from "./errors.ts";

/** Where a socket listens or connects. */
export type SocketAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** The system's limit on the path of a UNIX socket: `sun_path` with its terminating zero. */
const PATH_LIMIT = 108;

/** Where nobody says which interface, only this host is served. */
const LOOPBACK = "127.0.0.1";

/** Throws `SOCKET_ADDRESS`, `SOCKET_PORT_MISSING`, `SOCKET_PATH_LONG`. */
export function socketAddress(options: {
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}): SocketAddress {
  const { path, host, port } = options;
  if ((path === undefined) === (host === undefined)) throw chardevErrors.SOCKET_ADDRESS();
  if (path !== undefined) {
    if (Buffer.byteLength(path) >= PATH_LIMIT) throw chardevErrors.SOCKET_PATH_LONG(path);
    return { kind: "unix", path };
  }
  if (port === undefined) throw chardevErrors.SOCKET_PORT_MISSING();
  return { kind: "tcp", host: host === undefined || host === "" ? LOOPBACK : host, port };
}

/** The address as `query-chardev` and messages tell it. */
export function addressText(address: SocketAddress): string {
  return address.kind === "unix" ? `unix:${address.path}` : `tcp:${hostAndPort(address.host, address.port)}`;
}

export function hostAndPort(host: string, port: number): string {
  return net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

const target = (address: SocketAddress): string =>
  address.kind === "unix" ? address.path : hostAndPort(address.host, address.port);

/** Why nothing can listen there, in the peer's words. */
export function listenFailure(address: SocketAddress, failure: unknown): BackplaneError {
  if (errnoOf(failure) === "ENOTFOUND") return chardevErrors.SOCKET_RESOLVE(target(address));
  if (address.kind === "unix") {
    // Node reports a missing folder as a lack of permission.
    const isMissing = errnoOf(failure) === "EACCES" && !existsSync(path.dirname(address.path));
    return chardevErrors.SOCKET_BIND(
      ` to ${address.path}`,
      isMissing ? hostErrorText({ code: "ENOENT" }) : hostErrorText(failure),
    );
  }
  return errnoOf(failure) === "EADDRINUSE"
    ? chardevErrors.SOCKET_PORT_TAKEN(hostErrorText(failure))
    : chardevErrors.SOCKET_BIND("", hostErrorText(failure));
}

/** Why nothing can be reached there, in the peer's words. */
export function connectFailure(address: SocketAddress, failure: unknown): BackplaneError {
  if (errnoOf(failure) === "ENOTFOUND") return chardevErrors.SOCKET_RESOLVE(target(address));
  return chardevErrors.SOCKET_CONNECT(target(address), hostErrorText(failure));
}
