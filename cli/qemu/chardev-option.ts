import type { ChardevBackend } from "backplane/plugins/chardev/contract";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { originOf, type Occurrence } from "./occurrence.ts";
import { switchValue, valueOf, type OptionGroup } from "./option-list.ts";
import { splitPairs, type OptionPair } from "./option-text.ts";

/** What the peer has and we do not, so that it is told from what does not exist. */
const UNAVAILABLE = new Set([
  "testdev",
  "serial",
  "wctablet",
  "udp",
  "memory",
  "parallel",
  "vc",
  "msmouse",
  "hub",
  "pty",
  "qemu-vdagent",
  "pipe",
  "mux",
  "ringbuf",
]);
export const BACKENDS = ["file", "null", "socket", "stdio"] as const;

const pair = (key: string, value: string): OptionPair => ({ key, value });

/** The short form of `-qmp`, `-monitor` and `-serial` as pairs; undefined when it is none. */
export function readCompat(text: string): readonly OptionPair[] | undefined {
  if (text.startsWith("mon:")) {
    const inner = readCompat(text.slice("mon:".length));
    return inner === undefined ? undefined : [...inner, pair("mux", "on")];
  }
  if (["null", "pty", "msmouse", "wctablet", "testdev", "stdio"].includes(text)) return [pair("backend", text)];
  if (/^vc(:|$)/.test(text)) return [pair("backend", "vc")];
  for (const [prefix, backend] of [
    ["file:", "file"],
    ["pipe:", "pipe"],
    ["pty:", "pty"],
  ] as const) {
    if (text.startsWith(prefix)) return [pair("backend", backend), pair("path", text.slice(prefix.length))];
  }
  const tcp = /^(tcp|telnet|tn3270|websocket):([^:]{0,64}):([^,]{1,32})(?:,(.*))?$/s.exec(text);
  if (tcp !== null) {
    const [, kind = "", host = "", port = "", rest = ""] = tcp;
    const extra = kind === "tcp" ? [] : [pair(kind, "on")];
    return [pair("backend", "socket"), pair("host", host), pair("port", port), ...splitPairs(rest), ...extra];
  }
  if (text.startsWith("unix:")) return [pair("backend", "socket"), ...splitPairs(text.slice("unix:".length), "path")];
  if (text.startsWith("udp:")) return [pair("backend", "udp")];
  if (text.startsWith("/dev/")) return [pair("backend", "serial"), pair("path", text)];
  return undefined;
}

/** Makes a character device of a short form. Messages name the option that has it. False when it cannot be read. */
export function addCompat(draft: Draft, id: string, text: string, occurrence: Occurrence): boolean {
  const pairs = readCompat(text);
  const list = draft.lists.chardev;
  if (pairs === undefined) {
    if (!/^(tcp|telnet|tn3270|websocket|udp):/.test(text)) {
      draft.messages.failure(commandLineErrors.CHARDEV_DRIVER(text).from(originOf(occurrence)));
    }
    return false;
  }
  const group: OptionGroup = { id, pairs: [], occurrence };
  try {
    for (const each of pairs) if (each.key !== "id") list.set(group, each);
  } catch (failure) {
    draft.messages.error(failure instanceof Error ? failure.message : String(failure), originOf(occurrence));
    return false;
  }
  list.groups.push(group);
  return true;
}

/** What a group of `-chardev` comes to. Throws what is wrong with it. */
export function readChardev(group: OptionGroup): ChardevBackend {
  const value = (key: string): string | undefined => valueOf(group, key);
  const backend = value("backend");
  if (group.id === undefined) throw commandLineErrors.CHARDEV_NO_ID();
  if (backend === undefined) throw commandLineErrors.CHARDEV_NO_BACKEND(group.id);
  if (UNAVAILABLE.has(backend)) throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`chardev backend '${backend}'`);
  refuseKeys(group, ["mux", "logfile", "logappend"]);
  switch (backend) {
    case "null":
      return { backend };
    case "stdio":
      if (!flag(group, "signal", true)) throw commandLineErrors.OPTION_VALUE_UNAVAILABLE("signal=off");
      return { backend };
    case "file": {
      const path = value("path");
      if (path === undefined) throw commandLineErrors.CHARDEV_FILE_PATH();
      refuseKeys(group, ["input-path"]);
      return { backend, path, append: flag(group, "append", false) };
    }
    case "socket":
      return readSocket(group);
    default:
      throw commandLineErrors.CHARDEV_BACKEND(backend);
  }
}

function readSocket(group: OptionGroup): ChardevBackend {
  const value = (key: string): string | undefined => valueOf(group, key);
  const path = value("path");
  const host = value("host");
  const port = value("port");
  if ([path, host, value("fd")].filter((given) => given !== undefined).length > 1) {
    throw commandLineErrors.CHARDEV_TWO_ADDRESSES();
  }
  if (host !== undefined && port === undefined) throw commandLineErrors.CHARDEV_NO_PORT();
  const server = flag(group, "server", false);
  const reconnects = value("reconnect") !== undefined;
  if (server && reconnects) throw commandLineErrors.CHARDEV_RECONNECT_SERVER();
  if (!server && value("wait") !== undefined) throw commandLineErrors.CHARDEV_WAIT_CLIENT();
  refuseKeys(group, [
    "fd",
    "telnet",
    "tn3270",
    "websocket",
    "tls-creds",
    "tls-authz",
    "abstract",
    "to",
    "ipv4",
    "ipv6",
  ]);
  if (path === "" || (path === undefined && host === undefined)) throw commandLineErrors.CHARDEV_NO_ADDRESS();
  const reconnectMs = Number(value("reconnect-ms") ?? Number(value("reconnect") ?? 0) * 1000);
  const common = {
    backend: "socket",
    server,
    nodelay: flag(group, "nodelay", false) || !flag(group, "delay", true),
    ...(server ? { wait: flag(group, "wait", true) } : { "reconnect-ms": reconnectMs }),
  } as const;
  if (path !== undefined) return { ...common, path };
  return { ...common, host: host ?? "", port: readPort(host ?? "", port ?? "") };
}

function readPort(host: string, text: string): number {
  if (!/^[0-9]+$/.test(text) || Number(text) > 65535) throw commandLineErrors.CHARDEV_PORT(`${host}:${text}`);
  return Number(text);
}

function flag(group: OptionGroup, key: string, fallback: boolean): boolean {
  const text = valueOf(group, key);
  return text === undefined ? fallback : switchValue(key, text);
}

/** Keys that the peer has a use for and we have not; switched off they are nothing. */
function refuseKeys(group: OptionGroup, keys: readonly string[]): void {
  for (const key of keys) {
    const text = valueOf(group, key);
    if (text !== undefined && text !== "off")
      throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`chardev option '${key}'`);
  }
}
