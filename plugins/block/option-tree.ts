// Options whose keys are paths (`file.driver=null-co`, `inject-error.0.event=…`), as trees.
import type { JsonObject, JsonValue } from "backplane";

type Tree = { [key: string]: string | Tree };

/** Splits `a=b,c=d`; a doubled comma stands for one, and the first value may stand without its key. */
export function splitOptions(text: string, implied?: string): [string, string][] {
  return text
    .split(/(?<!,)(?:,,)*,(?!,)/)
    .filter((part) => part !== "")
    .map((part, index) => {
      const plain = part.replaceAll(",,", ",");
      const at = plain.indexOf("=");
      if (at >= 0) return [plain.slice(0, at), plain.slice(at + 1)];
      return index === 0 && implied !== undefined ? [implied, plain] : [plain, "on"];
    });
}

export function optionTree(pairs: Iterable<readonly [string, string]>): JsonObject {
  const root: Tree = {};
  for (const [key, value] of pairs) {
    const steps = key.split(".");
    let node = root;
    for (const step of steps.slice(0, -1)) {
      const known = node[step];
      const next: Tree = typeof known === "object" ? known : {};
      node[step] = next;
      node = next;
    }
    node[steps.at(-1) ?? ""] = value;
  }
  return withLists(root) as JsonObject;
}

/** Nodes whose keys are numbers from 0 on are lists. */
function withLists(node: string | Tree): JsonValue {
  if (typeof node === "string") return node;
  const keys = Object.keys(node);
  const isList = keys.length > 0 && keys.every((key, index) => key === String(index));
  if (isList) return keys.map((key) => withLists(node[key] ?? ""));
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withLists(value)]));
}
