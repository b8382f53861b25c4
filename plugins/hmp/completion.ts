import { readdirSync, statSync } from "node:fs";
import type { HumanCommand } from "./contract.ts";
import { isBlank } from "./expression.ts";
import type { Completions } from "./line-editor.ts";
import { listOf, textOf } from "./reply.ts";
import type { HumanCommandTable } from "./table.ts";
import { readWords } from "./word.ts";

const NONE: Completions = { candidates: [], length: 0 };

/** What the last word of a text may become: a command, or what that command takes there. */
export function complete(table: HumanCommandTable, text: string): Completions {
  const words = readWords(text);
  if (words === undefined) return NONE;
  if (text !== "" && isBlank(text.at(-1))) words.push("");
  return completeWords(table, words, undefined);
}

function completeWords(table: HumanCommandTable, words: readonly string[], below: "info" | undefined): Completions {
  const [first = "", ...rest] = words;
  const last = rest.at(-1);
  if (last === undefined) return startingWith(first, names(table.available(below), below));
  const command = table.find(first, below);
  if (command === undefined) return NONE;
  if (command.name === "info") return completeWords(table, rest, "info");
  if (command.complete !== undefined) return startingWith(last, command.complete(rest));
  switch (typeOfArgument(command, rest.length - 1) ?? "none") {
    case "file":
      return { candidates: files(last), length: last.length };
    case "block":
      return startingWith(last, blockDevices(table));
    case "rest":
      return command.name === "help|?" ? completeWords(table, rest, undefined) : NONE;
    default:
      return NONE;
  }
}

/** A command has several names where it has short forms. */
function names(commands: readonly HumanCommand[], below: "info" | undefined): string[] {
  return commands.flatMap(({ name }) => (below === undefined ? name : name.slice(below.length + 1)).split("|"));
}

function startingWith(word: string, candidates: readonly string[]): Completions {
  return { candidates: candidates.filter((each) => each.startsWith(word)), length: word.length };
}

/** Flags that were not given stand for nothing; what is beyond the last argument is of its type. */
function typeOfArgument(command: HumanCommand, index: number): string | undefined {
  const types = Object.values(command.arguments ?? {}).map(({ type }) => type);
  return types.slice(Math.min(index, types.length - 1)).find((type) => type !== "flag" && type !== "flag-text");
}

function blockDevices(table: HumanCommandTable): string[] {
  try {
    const reply = table.query("query-block");
    return reply instanceof Promise ? [] : listOf(reply).map((each) => textOf(each["device"]));
  } catch {
    // The machine knows no block devices.
    return [];
  }
}

/** Folders end in a stroke, so that one can go on. */
function files(word: string): string[] {
  const at = word.lastIndexOf("/") + 1;
  const folder = word.slice(0, at);
  try {
    return readdirSync(folder === "" ? "." : folder)
      .filter((name) => name.startsWith(word.slice(at)))
      .map((name) => folder + name + (isFolder(folder + name) ? "/" : ""));
  } catch {
    // A folder that cannot be read has nothing to offer.
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
