import type { ChardevBackend, ChardevCommon } from "./contract.ts";
import { chardevErrors } from "./errors.ts";
import { CHARDEV_KINDS_ABSENT } from "./kinds.ts";

/** The last value of a key of `-chardev`, or of `chardev-add` of the human monitor. */
export type OptionValue = (key: string) => string | undefined;

/** What the keys that every character device has come to. */
export interface ReadChardev {
  readonly common: ChardevCommon;
  readonly backend: ChardevBackend;
}

/** Reads `backend=…,path=…` with its keys checked for their types. Throws what the peer says is wrong. */
export function readChardevOptions(id: string | undefined, value: OptionValue): ReadChardev {
  const kind = value("backend");
  if (id === undefined) throw chardevErrors.CHARDEV_NO_ID();
  if (kind === undefined) throw chardevErrors.CHARDEV_NO_BACKEND(id);
  const logfile = value("logfile");
  const common: ChardevCommon = {
    ...(isOn(value("mux")) ? { mux: true } : {}),
    ...(logfile === undefined ? {} : { logfile, logappend: isOn(value("logappend")) }),
  };
  return { common, backend: readBackend(kind, value) };
}

function readBackend(backend: string, value: OptionValue): ChardevBackend {
  switch (backend) {
    case "null":
      return { backend };
    case "stdio":
      return value("signal") === undefined ? { backend } : { backend, signal: isOn(value("signal")) };
    case "file": {
      const path = value("path");
      if (path === undefined) throw chardevErrors.CHARDEV_FILE_PATH();
      const input = value("input-path");
      return { backend, path, append: isOn(value("append")), ...(input === undefined ? {} : { "input-path": input }) };
    }
    case "pipe": {
      const path = value("path");
      if (path === undefined) throw chardevErrors.CHARDEV_PIPE_PATH();
      return { backend, path };
    }
    case "pty": {
      const path = value("path");
      return path === undefined ? { backend } : { backend, path };
    }
    case "ringbuf":
    case "memory": {
      const size = value("size");
      return { backend: "ringbuf", ...(size === undefined ? {} : { size: Number(size) }) };
    }
    case "mux": {
      const chardev = value("chardev");
      if (chardev === undefined) throw chardevErrors.CHARDEV_MUX_BASE();
      return { backend, chardev };
    }
    case "socket":
      return readSocket(value);
    default:
      throw CHARDEV_KINDS_ABSENT.has(backend)
        ? chardevErrors.CHARDEV_BACKEND_ABSENT(backend)
        : chardevErrors.CHARDEV_BACKEND(backend);
  }
}

function readSocket(value: OptionValue): ChardevBackend {
  const path = value("path");
  const host = value("host");
  const port = value("port");
  if ([path, host, value("fd")].filter((given) => given !== undefined).length > 1) {
    throw chardevErrors.SOCKET_ADDRESS();
  }
  if (host !== undefined && port === undefined) throw chardevErrors.SOCKET_PORT_MISSING();
  const server = isOn(value("server"));
  const reconnect = value("reconnect");
  if (reconnect !== undefined && value("reconnect-ms") !== undefined) throw chardevErrors.CHARDEV_RECONNECT_TWICE();
  if (server && reconnect !== undefined) throw chardevErrors.CHARDEV_RECONNECT_SERVER();
  if (!server && value("wait") !== undefined) throw chardevErrors.CHARDEV_WAIT_CLIENT();
  for (const key of UNSUPPORTED) {
    if (value(key) !== undefined && value(key) !== "off") throw chardevErrors.CHARDEV_OPTION(key);
  }
  if (path === "" || (path === undefined && host === undefined)) throw chardevErrors.CHARDEV_NO_ADDRESS();
  const reconnectMs = Number(value("reconnect-ms") ?? Number(reconnect ?? 0) * 1000);
  const common = {
    backend: "socket",
    server,
    nodelay: isOn(value("nodelay")) || value("delay") === "off",
    ...(server ? { wait: value("wait") === undefined || isOn(value("wait")) } : { "reconnect-ms": reconnectMs }),
  } as const;
  if (path !== undefined) return { ...common, path };
  return { ...common, host: host ?? "", port: readPort(host ?? "", port ?? "") };
}

/** What the peer's sockets can do and ours cannot; switched off they are nothing. */
const UNSUPPORTED = ["fd", "telnet", "tn3270", "websocket", "tls-creds", "tls-authz", "abstract", "to", "ipv4", "ipv6"];

function readPort(host: string, text: string): number {
  if (!/^[0-9]+$/.test(text) || Number(text) > 65535) throw chardevErrors.CHARDEV_PORT(`${host}:${text}`);
  return Number(text);
}

const ON = new Set(["on", "yes", "true", "y"]);
const isOn = (text: string | undefined): boolean => text !== undefined && ON.has(text);
