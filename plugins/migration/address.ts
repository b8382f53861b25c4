import { parseSize } from "backplane";
import type { MigrationAddress } from "./contract.ts";
import { migrationErrors } from "./errors.ts";

type Parser = (rest: string) => MigrationAddress;

/** Protocols of a migration's URI and what follows them. */
const PROTOCOLS: readonly (readonly [string, Parser])[] = [
  ["exec:", (command) => ({ transport: "exec", args: ["/bin/sh", "-c", command] })],
  ["rdma:", (rest) => ({ transport: "rdma", ...hostAndPort(rest) })],
  ["tcp:", (rest) => ({ transport: "socket", type: "inet", ...hostAndPort(rest), ...flags(rest) })],
  ["unix:", unixAddress],
  ["vsock:", vsockAddress],
  ["fd:", fdAddress],
  ["file:", fileAddress],
];

/** Reads `uri` of `migrate`. Throws in the peer's words. */
export function parseUri(uri: string): MigrationAddress {
  for (const [protocol, parse] of PROTOCOLS) {
    if (uri.startsWith(protocol)) return parse(uri.slice(protocol.length));
  }
  throw migrationErrors.URI_UNKNOWN(uri);
}

function malformed(text: string): Error {
  return migrationErrors.URI_MALFORMED(text);
}

/** `host:port`, `:port`, `[ipv6]:port`; options may follow after a comma. */
function hostAndPort(text: string): { host: string; port: string } {
  if (text.startsWith(":")) {
    const port = /^:([^,]{1,32})/.exec(text)?.[1];
    if (port === undefined) throw malformed(`error parsing port in address '${text}'`);
    return { host: "", port };
  }
  if (text.startsWith("[")) {
    const match = /^\[([^\]]{1,64})\]:([^,]{1,32})/.exec(text);
    if (match === null) throw malformed(`error parsing IPv6 address '${text}'`);
    return { host: match[1] ?? "", port: match[2] ?? "" };
  }
  const match = /^([^:]{1,64}):([^,]{1,32})/.exec(text);
  if (match === null) throw malformed(`error parsing address '${text}'`);
  return { host: match[1] ?? "", port: match[2] ?? "" };
}

/** `,ipv4[=on|off]` and `,ipv6[=on|off]`. Other options are those of listening sockets, which the peer does not look at here. */
function flags(text: string): { ipv4?: boolean; ipv6?: boolean } {
  const found: { ipv4?: boolean; ipv6?: boolean } = {};
  for (const name of ["ipv4", "ipv6"] as const) {
    const at = text.indexOf(`,${name}`);
    if (at < 0) continue;
    const value = text.slice(at + 1 + name.length);
    const given = value.split(",")[0];
    if (given === "" || given === "=on") found[name] = true;
    else if (given === "=off") found[name] = false;
    else throw malformed(`error parsing '${name}' flag '${value}'`);
  }
  return found;
}

function unixAddress(path: string): MigrationAddress {
  if (path === "") throw malformed("invalid Unix socket address");
  return { transport: "socket", type: "unix", path };
}

function vsockAddress(text: string): MigrationAddress {
  const match = /^([^:]{1,32}):([^,]{1,32})$/.exec(text);
  if (match === null) throw malformed(`error parsing address '${text}'`);
  return { transport: "socket", type: "vsock", cid: match[1] ?? "", port: match[2] ?? "" };
}

function fdAddress(str: string): MigrationAddress {
  if (str === "") throw malformed("invalid file descriptor address");
  return { transport: "socket", type: "fd", str };
}

function fileAddress(text: string): MigrationAddress {
  const at = text.indexOf(",offset=");
  if (at < 0) return { transport: "file", filename: text, offset: 0 };
  return { transport: "file", filename: text.slice(0, at), offset: fileOffset(text.slice(at + ",offset=".length)) };
}

function fileOffset(text: string): number | bigint {
  const outOfRange = "Numerical result out of range";
  if (/^\s*-\d/.test(text)) throw migrationErrors.FILE_OFFSET(text, outOfRange);
  if (/^\d+$/.test(text)) {
    const exact = BigInt(text);
    if (exact >= 1n << 64n) throw migrationErrors.FILE_OFFSET(text, outOfRange);
    return exact;
  }
  const bytes = parseSize(text);
  if (bytes === undefined) throw migrationErrors.FILE_OFFSET(text, "Invalid argument");
  if (bytes >= 2 ** 64) throw migrationErrors.FILE_OFFSET(text, outOfRange);
  return bytes;
}
