import { readChardevOptions, type ChardevBackend, type ChardevCommon } from "backplane/plugins/chardev/contract";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { originOf, type Occurrence } from "./occurrence.ts";
import { sizeValue, valueOf, type OptionGroup } from "./option-list.ts";
import { splitPairs, type OptionPair } from "./option-text.ts";

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

/**
 * Makes a character device of a short form. Messages name the option that has it, unless the peer has forgotten it by
 * then. False when it cannot be read.
 */
export function addCompat(draft: Draft, id: string, text: string, occurrence: Occurrence, located = true): boolean {
  const pairs = readCompat(text);
  const list = draft.lists.chardev;
  if (pairs === undefined) {
    if (!/^(tcp|telnet|tn3270|websocket|udp):/.test(text)) {
      draft.messages.failure(commandLineErrors.CHARDEV_DRIVER(text).from(originOf(occurrence)), located);
    }
    return false;
  }
  const group: OptionGroup = { id, pairs: [], occurrence };
  try {
    for (const each of pairs) if (each.key !== "id") list.set(group, each);
  } catch (failure) {
    draft.messages.error(
      failure instanceof Error ? failure.message : String(failure),
      located ? originOf(occurrence) : undefined,
    );
    return false;
  }
  list.groups.push(group);
  return true;
}

/** What a group of `-chardev` comes to. Throws what is wrong with it. */
export function readChardev(group: OptionGroup): ChardevCommon & ChardevBackend {
  const { common, backend } = readChardevOptions(group.id, (key) => {
    const value = valueOf(group, key);
    return key === "size" && value !== undefined ? String(sizeValue(key, value)) : value;
  });
  return { ...common, ...backend };
}
