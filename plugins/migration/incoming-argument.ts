// What -incoming takes: `defer`, a URI, or a channel as JSON or as key=value,….
import {
  BackplaneError,
  checkArguments,
  parseJson,
  type CommandLineOccurrence,
  type JsonObject,
  type JsonValue,
} from "backplane";
import { parseUri } from "./address.ts";
import { CHANNEL_SCHEMA, channelAddress, type Channel } from "./channels.ts";
import type { MigrationAddress } from "./contract.ts";
import { migrationErrors } from "./errors.ts";

/** Where the stream of a machine comes from; `defer` leaves that to `migrate-incoming`. */
export type IncomingOrigin = "defer" | MigrationAddress;

const CHANNEL_TYPES = ["main", "cpr"];
/** A URI begins with its protocol; anything else is a channel. */
const URI = /^[a-zA-Z][a-zA-Z0-9+.-]*:/;

/** The latest `-incoming` counts. Throws what is wrong with any of them, in the peer's words. */
export function readIncoming(occurrences: readonly CommandLineOccurrence[]): string | undefined {
  for (const { argument, text } of occurrences) located(text, () => incomingOrigin(argument));
  return occurrences.at(-1)?.argument;
}

/** What goes wrong points at the option. */
export function located<T>(text: string, act: () => T): T {
  try {
    return act();
  } catch (failure) {
    if (failure instanceof BackplaneError) failure.from({ kind: "command-line", text });
    throw failure;
  }
}

export function incomingOrigin(argument: string): IncomingOrigin {
  if (argument === "defer") return "defer";
  if (argument.startsWith("{")) return fromChannel(fromJson(argument));
  if (URI.test(argument)) return parseUri(argument);
  return fromChannel(readPairs(argument));
}

function fromJson(text: string): JsonValue {
  const message = parseJson(text);
  if ("error" in message) throw migrationErrors.CHANNEL_JSON(message.error);
  return message.value;
}

function fromChannel(value: JsonValue): MigrationAddress {
  const given = value as JsonObject;
  const type = given["channel-type"];
  if (type === undefined) throw migrationErrors.CHANNEL_MEMBER_MISSING("channel-type");
  if (typeof type === "string" && !CHANNEL_TYPES.includes(type)) throw migrationErrors.CHANNEL_TYPE(type);
  const channel = checkArguments(CHANNEL_SCHEMA, given) as Channel;
  if (channel["channel-type"] !== "main") throw migrationErrors.INCOMING_CHANNEL_CPR();
  return channelAddress(channel);
}

/** `main,addr.transport=file,addr.filename=F,addr.offset=0`: dots go into members, numbers into lists, a doubled comma stands for one. */
function readPairs(text: string): JsonObject {
  const tree: { [key: string]: JsonValue } = {};
  const pairs = text.match(/(?:[^,]|,,)+/g) ?? [];
  for (const [index, pair] of pairs.entries()) {
    const at = pair.indexOf("=");
    const key = at < 0 && index === 0 ? "channel-type" : pair.slice(0, Math.max(at, 0));
    if (key === "") throw migrationErrors.CHANNEL_PAIR(pair);
    put(tree, key.split("."), pair.slice(at + 1).replaceAll(",,", ","));
  }
  return tree;
}

function put(tree: { [key: string]: JsonValue }, [step = "", ...rest]: string[], text: string): void {
  const [next] = rest;
  if (next === undefined) {
    tree[step] = typed(step, text);
    return;
  }
  const isList = /^\d+$/.test(next);
  const inner = (tree[step] ??= isList ? [] : {}) as { [key: string]: JsonValue };
  put(inner, rest, text);
}

const SWITCHES: { readonly [text: string]: boolean } = {
  on: true,
  yes: true,
  true: true,
  off: false,
  no: false,
  false: false,
};
const NUMBERS = ["offset", "to"];
const TEXTS = ["host", "port", "path", "filename", "str", "cid"];

/** Text stands for a switch or a number where the schema has one. */
function typed(key: string, text: string): JsonValue {
  if (NUMBERS.includes(key) && /^\d+$/.test(text)) return Number(text);
  const isText = TEXTS.includes(key) || /^\d+$/.test(key);
  return isText ? text : (SWITCHES[text] ?? text);
}
