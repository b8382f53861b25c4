import { q, type JsonObject, type JsonValue } from "backplane";
import type { ChardevBackend, ChardevDefinition } from "./contract.ts";
import { chardevErrors } from "./errors.ts";

const common = { "logfile?": q.str, "logappend?": q.bool };

const ADDRESS = q.union(
  "SocketAddressLegacy",
  "type",
  { type: q.enum("SocketAddressType", ["inet", "unix", "vsock", "fd"]) },
  {
    inet: q.struct("InetSocketAddressWrapper", {
      data: q.struct("InetSocketAddress", {
        host: q.str,
        port: q.str,
        "numeric?": q.bool,
        "to?": q.uint(16),
        "ipv4?": q.bool,
        "ipv6?": q.bool,
        "keep-alive?": q.bool,
        "mptcp?": q.bool,
      }),
    }),
    unix: q.struct("UnixSocketAddressWrapper", {
      data: q.struct("UnixSocketAddress", { path: q.str, "abstract?": q.bool, "tight?": q.bool }),
    }),
    vsock: q.struct("VsockSocketAddressWrapper", { data: q.struct("VsockSocketAddress", { cid: q.str, port: q.str }) }),
    fd: q.struct("FdSocketAddressWrapper", { data: q.struct("FdSocketAddress", { str: q.str }) }),
  },
);

/** `ChardevBackend` of the peer's schema, as far as there is one of the kind. */
export const CHARDEV_BACKEND = q.union(
  "ChardevBackend",
  "type",
  {
    type: q.enum("ChardevBackendKind", ["file", "pipe", "socket", "pty", "null", "mux", "stdio", "ringbuf", "memory"]),
  },
  {
    file: q.struct("ChardevFileWrapper", {
      data: q.struct("ChardevFile", { "in?": q.str, out: q.str, "append?": q.bool, ...common }),
    }),
    pipe: q.struct("ChardevHostdevWrapper", { data: q.struct("ChardevHostdev", { device: q.str, ...common }) }),
    socket: q.struct("ChardevSocketWrapper", {
      data: q.struct("ChardevSocket", {
        addr: ADDRESS,
        "server?": q.bool,
        "wait?": q.bool,
        "nodelay?": q.bool,
        "reconnect?": q.int,
        "reconnect-ms?": q.int,
        ...common,
      }),
    }),
    pty: q.struct("ChardevPtyWrapper", { data: q.struct("ChardevPty", { "path?": q.str, ...common }) }),
    null: q.struct("ChardevCommonWrapper", { data: q.struct("ChardevCommon", common) }),
    mux: q.struct("ChardevMuxWrapper", { data: q.struct("ChardevMux", { chardev: q.str, ...common }) }),
    stdio: q.struct("ChardevStdioWrapper", { data: q.struct("ChardevStdio", { "signal?": q.bool, ...common }) }),
    ringbuf: q.struct("ChardevRingbufWrapper", { data: q.struct("ChardevRingbuf", { "size?": q.int, ...common }) }),
    memory: q.struct("ChardevRingbufWrapper", { data: q.struct("ChardevRingbuf", { "size?": q.int, ...common }) }),
  },
);

/** The definition that a checked `backend` comes to. A socket listens unless it says otherwise. */
export function definitionOf(id: string, value: JsonValue): ChardevDefinition {
  const { type: kind, data: given } = asObject(value);
  const data = asObject(given);
  const logfile = textOf(data["logfile"]);
  const log = { ...(logfile === undefined ? {} : { logfile }), logappend: data["logappend"] === true };
  switch (textOf(kind) ?? "") {
    case "file": {
      const input = textOf(data["in"]);
      const path = textOf(data["out"]) ?? "";
      const append = data["append"] === true;
      return { id, ...log, backend: "file", path, append, ...(input === undefined ? {} : { "input-path": input }) };
    }
    case "pipe":
      return { id, ...log, backend: "pipe", path: textOf(data["device"]) ?? "" };
    case "pty": {
      const path = textOf(data["path"]);
      return { id, ...log, backend: "pty", ...(path === undefined ? {} : { path }) };
    }
    case "mux":
      return { id, ...log, backend: "mux", chardev: textOf(data["chardev"]) ?? "" };
    case "stdio":
      return { id, ...log, backend: "stdio", signal: data["signal"] !== false };
    case "ringbuf":
    case "memory":
      return { id, ...log, backend: "ringbuf", ...(typeof data["size"] === "number" ? { size: data["size"] } : {}) };
    case "socket":
      return { id, ...log, ...socket(data) };
    default:
      return { id, ...log, backend: "null" };
  }
}

function socket(data: JsonObject): ChardevBackend {
  const server = data["server"] !== false;
  const patience = Number(data["reconnect-ms"] ?? Number(data["reconnect"] ?? 0) * 1000);
  if (server && patience > 0) throw chardevErrors.CHARDEV_RECONNECT_SERVER();
  const common = {
    backend: "socket",
    server,
    nodelay: data["nodelay"] === true,
    ...(server ? { wait: false } : { "reconnect-ms": patience }),
  } as const;
  const address = asObject(data["addr"]);
  const place = asObject(address["data"]);
  const kind = textOf(address["type"]) ?? "";
  switch (kind) {
    case "unix":
      return { ...common, path: textOf(place["path"]) ?? "" };
    case "inet":
      return { ...common, host: textOf(place["host"]) ?? "", port: Number(textOf(place["port"])) };
    default:
      throw chardevErrors.CHARDEV_OPTION(kind);
  }
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

const textOf = (value: JsonValue | undefined): string | undefined => (typeof value === "string" ? value : undefined);
