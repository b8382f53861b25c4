import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";
import { parse as parseToml, TomlError } from "smol-toml";
import type { Origin } from "../errors.ts";
import { configErrors } from "./errors.ts";
import { formatPath } from "./path.ts";

/** A file of a definition: its value, and where each part of it was written. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  locate(path: readonly PropertyKey[]): Origin;
}

function originAt(
  source: Pick<Source, "file" | "locate">,
  text: string,
  line: number,
  column: number,
  path: readonly PropertyKey[],
): Origin {
  return {
    kind: "file",
    file: source.file,
    line,
    column,
    path: formatPath(path),
    sourceLine: text.split("\n")[line - 1]?.replace(/\r$/, "") ?? "",
    locate: (below) => source.locate([...path, ...below]),
  };
}

/** Reads YAML or JSON (a subset of it, but for tabs). Throws `CONFIG_SYNTAX` at the first syntax error. */
export function readYaml(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const source: Source = {
    file,
    value: undefined,
    locate(path) {
      const { offset, depth } = placeOf(document, path);
      const { line, col } = lines.linePos(offset);
      return originAt(source, text, Math.max(1, line), Math.max(1, col), path.slice(0, depth));
    },
  };
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw configErrors
      .CONFIG_SYNTAX(fault.message)
      .from(originAt(source, text, Math.max(1, line), Math.max(1, col), []));
  }
  // Aliases repeat a value by reference; bound them so that a small file cannot unfold into a huge one.
  return { ...source, value: document.toJS({ maxAliasCount: 100 }) };
}

/**
 * Offset of the key (or list item) that a path leads to, and how many parts of the path were written: those above where
 * it leaves the text.
 */
function placeOf(document: Document.Parsed, path: readonly PropertyKey[]): { offset: number; depth: number } {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  let depth = 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair: { key: unknown; value: unknown } | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (pair === undefined) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      if (item === undefined || item === null) break;
      node = item as Node;
      offset = node.range?.[0] ?? offset;
    } else break;
    depth++;
  }
  return { offset, depth };
}

/** Reads TOML. Its parser keeps no positions of values, so a value's place is that of the line that names its key. */
export function readToml(file: string, text: string): Source {
  const source: Source = {
    file,
    value: undefined,
    locate(path) {
      const names = path.filter((part) => typeof part === "string").toReversed();
      const rows = text.split("\n");
      for (const name of names) {
        const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        const row = rows.findIndex((line) =>
          new RegExp(`^\\s*(?:\\[+[^\\]]*)?["']?${escaped}["']?\\s*[=\\].]`).test(line),
        );
        if (row >= 0) return originAt(source, text, row + 1, (rows[row]?.search(/\S/) ?? 0) + 1, path);
      }
      return originAt(source, text, 1, 1, path);
    },
  };
  try {
    return { ...source, value: parseToml(text) };
  } catch (failure) {
    if (!(failure instanceof TomlError)) throw failure;
    const message = failure.message.split("\n")[0] ?? failure.message;
    throw configErrors.CONFIG_SYNTAX(message).from(originAt(source, text, failure.line, failure.column, []));
  }
}

/** A value that code gave: nothing of it was written at a place. */
export function fromCode(file: string, value: unknown): Source {
  const source: Source = { file, value, locate: (path) => originAt(source, "", 0, 0, path) };
  return source;
}
