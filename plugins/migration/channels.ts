import { q, type JsonValue } from "backplane";
import type { MigrationAddress } from "./contract.ts";
import { migrationErrors } from "./errors.ts";
import { exactUnsigned } from "./unsigned.ts";

const inet = q.struct("InetSocketAddress", {
  host: q.str,
  port: q.str,
  "numeric?": q.bool,
  "to?": q.uint(16),
  "ipv4?": q.bool,
  "ipv6?": q.bool,
  "keep-alive?": q.bool,
  "mptcp?": q.bool,
});

export const SOCKET_ADDRESS = q.union(
  "SocketAddress",
  "type",
  { type: q.enum("SocketAddressType", ["inet", "unix", "vsock", "fd"]) },
  {
    inet,
    unix: q.struct("UnixSocketAddress", { path: q.str, "abstract?": q.bool, "tight?": q.bool }),
    vsock: q.struct("VsockSocketAddress", { cid: q.str, port: q.str }),
    fd: q.struct("FdSocketAddress", { str: q.str }),
  },
);

const migrationAddress = q.union(
  "MigrationAddress",
  "transport",
  { transport: q.enum("MigrationAddressType", ["socket", "exec", "rdma", "file"]) },
  {
    socket: SOCKET_ADDRESS,
    exec: q.struct("MigrationExecCommand", { args: q.array(q.str) }),
    rdma: inet,
    file: q.struct("FileMigrationArgs", { filename: q.str, offset: q.uint(64) }),
  },
);

/** MigrationChannel of the peer's schema. */
export const CHANNEL_SCHEMA = q.struct("MigrationChannel", {
  "channel-type": q.enum("MigrationChannelType", ["main", "cpr"]),
  addr: migrationAddress,
});
export const CHANNELS_SCHEMA = q.array(CHANNEL_SCHEMA);

export interface Channel {
  readonly "channel-type": "main" | "cpr";
  /** By now it is what the schema says, which has no type for unions. */
  readonly addr: JsonValue;
}

/** The address of the main channel. Throws in the peer's words. */
export function mainAddress(channels: readonly Channel[]): MigrationAddress {
  const seen = new Set<string>();
  for (const { "channel-type": type } of channels) {
    if (seen.has(type)) throw migrationErrors.CHANNEL_DOUBLED(type);
    seen.add(type);
  }
  const main = channels.find((channel) => channel["channel-type"] === "main");
  if (main === undefined) throw migrationErrors.CHANNEL_MAIN_MISSING();
  return channelAddress(main);
}

/** The address that an incoming stream is given by: there is nothing but the one channel. */
export function onlyAddress(channels: readonly Channel[]): MigrationAddress {
  const [channel, ...more] = channels;
  if (channel === undefined || more.length > 0) throw migrationErrors.CHANNEL_ONLY_MAIN();
  return channelAddress(channel);
}

export function channelAddress({ addr }: Channel): MigrationAddress {
  const address = addr as unknown as MigrationAddress;
  if (address.transport === "socket" && address.type === "unix") refuseAbstract(addr);
  return address.transport === "file" ? { ...address, offset: exactUnsigned(Number(address.offset)) } : address;
}

/** A socket without a place in a file system: the host program's library cannot name one. */
function refuseAbstract(address: JsonValue): void {
  const { abstract } = address as { abstract?: boolean };
  if (abstract === true) throw migrationErrors.URI_MALFORMED("abstract Unix sockets are not supported");
}
