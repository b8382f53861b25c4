// The file of rules: sections in brackets, `key = "value"` lines, comments after `#`.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { Socket } from "node:net";
import { BackplaneError, hostErrorText, parseInteger, type JsonObject } from "backplane";
import { blockErrors } from "../errors.ts";
import { injectRule, stateRule, type BlkdebugRule } from "./blkdebug-rules.ts";

/** Rules are a few lines; a device that never ends has no end here either. */
const LENGTH_LIMIT = 256 * 1024;

/** For nodes of the machine's definition, which are opened while nothing else runs: nobody can be waited for. */
export function readConfigNow(file: string): string {
  return reading(() => {
    const { fd, isPipe } = openConfig(file);
    if (!isPipe) return readBounded(fd);
    closeSync(fd);
    throw blockErrors.BLOCK_CONFIG_PIPE(file);
  });
}

/** For nodes that a monitor adds: a pipe is read when somebody has written it and closed it, and not before. */
export async function readConfig(file: string, signal: AbortSignal): Promise<string> {
  // Opened once: a writer who has waited for a reader may be gone before there is a second one.
  const { fd, isPipe } = reading(() => openConfig(file));
  if (!isPipe) return reading(() => readBounded(fd));
  try {
    return await readPipe(fd, signal);
  } catch (failure) {
    throw unreadable(failure);
  }
}

function reading<T>(task: () => T): T {
  try {
    return task();
  } catch (failure) {
    throw unreadable(failure);
  }
}

function unreadable(failure: unknown): BackplaneError {
  return failure instanceof BackplaneError ? failure : blockErrors.BLOCK_CONFIG(hostErrorText(failure));
}

/** Opened without waiting for a pipe's writer. Whoever reads it closes it. */
function openConfig(file: string): { readonly fd: number; readonly isPipe: boolean } {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const status = fstatSync(fd);
  if (!status.isDirectory()) return { fd, isPipe: status.isFIFO() };
  closeSync(fd);
  throw blockErrors.BLOCK_CONFIG_READ("Is a directory");
}

function readBounded(fd: number): string {
  const bytes = new Uint8Array(LENGTH_LIMIT + 1);
  let length = 0;
  try {
    for (let count = 1; count > 0 && length < bytes.length; length += count)
      count = readSync(fd, bytes, length, bytes.length - length, null);
  } finally {
    closeSync(fd);
  }
  return decoded(bytes.subarray(0, length));
}

function decoded(bytes: Uint8Array): string {
  if (bytes.length > LENGTH_LIMIT) throw blockErrors.BLOCK_CONFIG_LONG(LENGTH_LIMIT);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

/** The pipe's end comes when the last of its writers has left. */
async function readPipe(fd: number, signal: AbortSignal): Promise<string> {
  const socket = new Socket({ fd, readable: true, writable: false });
  const leave = (): void => void socket.destroy(new Error("Interrupted system call"));
  signal.addEventListener("abort", leave, { once: true });
  try {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of socket) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length > LENGTH_LIMIT) break;
    }
    return decoded(Buffer.concat(parts));
  } finally {
    signal.removeEventListener("abort", leave);
    socket.destroy();
  }
}

export function parseConfig(text: string): BlkdebugRule[] {
  const rules: BlkdebugRule[] = [];
  let section: { readonly name: string; readonly options: Record<string, string | number | boolean> } | undefined;
  const finish = (): void => {
    if (section?.name === "inject-error") rules.push(injectRule(section.options satisfies JsonObject));
    if (section?.name === "set-state") rules.push(stateRule(section.options satisfies JsonObject));
  };
  for (const line of text.split("\n")) {
    const content = line.replace(/^\s+/, "");
    if (content === "" || content.startsWith("#")) continue;
    const header = /^\[([^\s"\]]+)(?:\s+"[^"]*")?\]/.exec(content);
    const pair = /^([^\s=]+)\s*=\s*"([^"]*)"/.exec(content);
    if (header !== null) {
      finish();
      section = { name: header[1] ?? "", options: {} };
      if (section.name !== "inject-error" && section.name !== "set-state")
        throw blockErrors.BLOCK_CONFIG_PARSE(`There is no option group '${section.name}'`);
    } else if (pair !== null && section !== undefined) {
      const [, key = "", value = ""] = pair;
      section.options[key] = typed(key, value);
    } else {
      throw blockErrors.BLOCK_CONFIG_PARSE(
        section === undefined && !content.startsWith("\0") ? "no group defined" : "parse error",
      );
    }
  }
  finish();
  return rules;
}

function typed(key: string, value: string): string | number | boolean {
  if (key === "event" || key === "iotype") return value;
  if (key === "once" || key === "immediately") return value === "on";
  return parseInteger(value) ?? 0;
}
