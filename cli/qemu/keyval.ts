// The younger of QEMU's two key=value syntaxes (-machine, -smp, -audio, …): keys are paths (`smp.cpus=2`, `a.0=x`), every
// key has a value, and occurrences of an option merge.
import { commandLineErrors } from "./errors.ts";

export type KeyValue = string | KeyValue[] | KeyValueTree;
export interface KeyValueTree {
  [key: string]: KeyValue;
}

/** The longest name of one step of a path. */
const STEP_LIMIT = 127;
const NAME = /^(?:__[A-Za-z0-9.-]+_)?[A-Za-z][A-Za-z0-9_-]*/;

export function isTree(value: KeyValue | undefined): value is KeyValueTree {
  return typeof value === "object" && !Array.isArray(value);
}

/**
 * Reads text into a tree, which may have members already. Returns whether help was asked for (`help` or `?` in the place
 * of a pair).
 */
export function readKeyValues(tree: KeyValueTree, text: string, implied?: string): { readonly help: boolean } {
  let help = false;
  for (let at = 0; at < text.length;) {
    const first = at === 0 ? implied : undefined;
    const end = at + (/[=,]/.exec(text.slice(at))?.index ?? text.length - at);
    const word = text.slice(at, end);
    if (word !== "" && text[end] !== "=" && (word === "help" || word === "?")) {
      help = true;
      at = end + 1;
    } else if (word !== "" && text[end] !== "=" && first !== undefined) {
      put(tree, first, word);
      at = end + 1;
    } else {
      const path = steps(word);
      if (text[end] !== "=") throw commandLineErrors.KEY_EQUALS(word);
      const { value, next } = readValue(text, end + 1);
      putPath(tree, path, value);
      at = next;
    }
  }
  makeLists(tree, "");
  return { help };
}

function readValue(text: string, from: number): { readonly value: string; readonly next: number } {
  const match = /^(?:[^,]|,,)*/.exec(text.slice(from));
  const raw = match?.[0] ?? "";
  return { value: raw.replaceAll(",,", ","), next: from + raw.length + 1 };
}

/** A path's steps: names, and after the first also numbers. */
function steps(path: string): string[] {
  const result: string[] = [];
  for (let rest = path; ;) {
    const step = (result.length > 0 ? /^[0-9]+/.exec(rest) : null)?.[0] ?? NAME.exec(rest)?.[0] ?? "";
    const after = rest.slice(step.length);
    if (step === "" || (after !== "" && !after.startsWith("."))) throw commandLineErrors.KEY_INVALID(path);
    if (step.length > STEP_LIMIT) throw commandLineErrors.KEY_LONG(step === path ? "" : " fragment", step);
    result.push(step);
    if (after === "") return result;
    rest = after.slice(1);
  }
}

function putPath(tree: KeyValueTree, path: readonly string[], value: string): void {
  let node = tree;
  for (const [index, step] of path.slice(0, -1).entries()) {
    const known = Object.hasOwn(node, step) ? node[step] : undefined;
    if (known !== undefined && !isTree(known))
      throw commandLineErrors.KEY_INCONSISTENT(`${path.slice(0, index + 1).join(".")}.`);
    const next: KeyValueTree = known ?? {};
    node[step] = next;
    node = next;
  }
  const last = path.at(-1) ?? "";
  const known = Object.hasOwn(node, last) ? node[last] : undefined;
  if (known !== undefined && typeof known !== "string") throw commandLineErrors.KEY_INCONSISTENT(`${path.join(".")}.`);
  node[last] = value;
}

function put(tree: KeyValueTree, key: string, value: string): void {
  putPath(tree, [key], value);
}

/** Nodes whose keys are numbers become lists. */
function makeLists(tree: KeyValueTree, path: string): KeyValue {
  for (const [key, value] of Object.entries(tree)) {
    if (isTree(value)) tree[key] = makeLists(value, `${path}${key}.`);
  }
  const keys = Object.keys(tree);
  const numbers = keys.filter((key) => /^[0-9]+$/.test(key));
  if (numbers.length === 0) return tree;
  if (numbers.length < keys.length) throw commandLineErrors.KEY_INCONSISTENT(path);
  const byIndex = new Map(numbers.map((key) => [Number(key), tree[key] ?? ""]));
  const last = Math.max(...byIndex.keys());
  const list: KeyValue[] = [];
  for (let index = 0; index <= Math.min(last, keys.length); index++) {
    const element = byIndex.get(index);
    if (element === undefined) throw commandLineErrors.KEY_ELEMENT(`${path}${index}`);
    list.push(element);
  }
  return list;
}

/** Adds what `more` has to `tree`: trees merge, lists grow, of two values the later counts. */
export function mergeKeyValues(tree: KeyValueTree, more: KeyValueTree, path = ""): void {
  for (const [key, value] of Object.entries(more)) {
    const known = Object.hasOwn(tree, key) ? tree[key] : undefined;
    if (known === undefined || (typeof known === "string" && typeof value === "string")) tree[key] = value;
    else if (isTree(known) && isTree(value)) mergeKeyValues(known, value, `${path}${key}.`);
    else if (Array.isArray(known) && Array.isArray(value)) known.push(...value);
    else throw commandLineErrors.KEY_MERGE(path + key);
  }
}
