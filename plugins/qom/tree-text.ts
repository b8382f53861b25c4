import type { QomObject } from "backplane";

/** `info qom-tree`: an object with all that stands below it, in the order of the names. */
export function treeText(object: QomObject): string {
  const lines: string[] = [];
  collect(object, "", lines);
  return lines.join("");
}

function collect(object: QomObject, indent: string, lines: string[]): void {
  lines.push(`${indent}/${object.name} (${object.type})\n`);
  // By bytes, as C compares.
  const children = object.children().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const child of children) collect(child, `${indent}  `, lines);
}
