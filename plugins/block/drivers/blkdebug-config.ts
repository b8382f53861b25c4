// The file of rules: sections in brackets, `key = "value"` lines, comments after `#`.
import { readFile, stat } from "node:fs/promises";
import { Socket } from "node:net";
import { constants, openSync, readFileSync } from "node:fs";
import { hostErrorText, parseInteger, type JsonObject } from "backplane";
import { blockErrors } from "../errors.ts";
import { injectRule, stateRule, type BlkdebugRule } from "./blkdebug-rules.ts";

/** For nodes of the machine's definition, which are opened while nothing else runs. */
export function readConfigNow(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (failure) {
    throw blockErrors.BLOCK_CONFIG(hostErrorText(failure));
  }
}

/** For nodes that a monitor adds: a pipe is read when somebody has written it and closed it, and not before. */
export async function readConfig(file: string, signal: AbortSignal): Promise<string> {
  try {
    const status = await stat(file);
    return status.isFIFO() ? await readPipe(file, signal) : await readFile(file, { encoding: "utf8", signal });
  } catch (failure) {
    throw blockErrors.BLOCK_CONFIG(hostErrorText(failure));
  }
}

/** Opened without waiting for a writer; the pipe's end comes when the last of its writers has left. */
async function readPipe(file: string, signal: AbortSignal): Promise<string> {
  // A number and not a handle, which would close it when it is collected although the socket has done so.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  const leave = (): void => void socket.destroy(new Error("Interrupted system call"));
  signal.addEventListener("abort", leave, { once: true });
  try {
    let text = "";
    socket.setEncoding("utf8");
    for await (const part of socket) text += String(part);
    return text;
  } finally {
    signal.removeEventListener("abort", leave);
    socket.destroy();
  }
}

export function parseConfig(text: string, file: string): BlkdebugRule[] {
  const rules: BlkdebugRule[] = [];
  let section: { readonly name: string; readonly options: Record<string, string | number | boolean> } | undefined;
  const finish = (): void => {
    if (section?.name === "inject-error") rules.push(injectRule(section.options satisfies JsonObject));
    if (section?.name === "set-state") rules.push(stateRule(section.options satisfies JsonObject));
  };
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.replace(/^\s+/, "");
    if (content === "" || content.startsWith("#")) continue;
    const header = /^\[([^\s"\]]+)(?:\s+"[^"]*")?\]/.exec(content);
    const pair = /^([^\s=]+)\s*=\s*"([^"]*)"/.exec(content);
    if (header !== null) {
      finish();
      section = { name: header[1] ?? "", options: {} };
      if (section.name !== "inject-error" && section.name !== "set-state")
        throw blockErrors.BLOCK_CONFIG_PARSE(file, index + 1, `There is no option group '${section.name}'`);
    } else if (pair !== null && section !== undefined) {
      const [, key = "", value = ""] = pair;
      section.options[key] = typed(key, value);
    } else {
      throw blockErrors.BLOCK_CONFIG_PARSE(file, index + 1, section === undefined ? "no group defined" : "parse error");
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
