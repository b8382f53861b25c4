// docs/errors.md is made of the error catalogues: every folder keeps its own in a file named errors.ts.
import { readdirSync } from "node:fs";
import path from "node:path";
import { load, root } from "./sources.ts";

interface Entry {
  readonly text: (...values: never[]) => string;
  readonly help: string;
}
export interface CataloguePage {
  /** `core/memory` or a plugin's id. */
  readonly owner: string;
  readonly entries: Readonly<Record<string, Entry>>;
}

function isCatalogue(value: unknown): value is { readonly entries: CataloguePage["entries"] } {
  return typeof value === "object" && value !== null && "entries" in value && typeof value.entries === "object";
}

/** All catalogues, core first, then plugins by id. */
export async function errorCatalogues(): Promise<CataloguePage[]> {
  const pages: CataloguePage[] = [];
  for (const folder of ["core", "plugins", "cli"]) {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => name.split(path.sep).join("/"))
      .filter((name) => name === "errors.ts" || name.endsWith("/errors.ts"))
      .sort();
    for (const name of files) {
      const owner = folder === "plugins" ? path.posix.dirname(name) : path.posix.join(folder, path.posix.dirname(name));
      for (const value of Object.values((await load(`${folder}/${name}`)) as Record<string, unknown>)) {
        if (isCatalogue(value)) pages.push({ owner, entries: value.entries });
      }
    }
  }
  return pages;
}

/** The text of an entry with its parameters shown by name. */
function pattern(entry: Entry): string {
  const source = entry.text.toString();
  const parameters = /^\(?([^)=]*)\)?\s*=>/.exec(source)?.[1] ?? "";
  const names = parameters
    .split(",")
    .map((name) => name.replace(/^_|=.*/g, "").trim())
    .filter((name) => name !== "");
  const values = names.map(
    (name) =>
      new Proxy(
        {},
        {
          get: (_target, key) =>
            key === Symbol.toPrimitive || key === "toString" ? () => `‹${name}›` : (..._args: unknown[]) => `‹${name}›`,
        },
      ),
  );
  try {
    return entry.text(...(values as never[]));
  } catch {
    return source.replace(/^.*?=>\s*/s, "");
  }
}

export function renderErrorsPage(pages: readonly CataloguePage[]): string {
  const lines = [
    "# Errors",
    "",
    "Every error that Backplane raises for its user, by the folder that raises it. Made from the catalogues by `npm run docs`;",
    "a test compares. Where the peer has the same error, the text is the peer's.",
    "",
  ];
  for (const { owner, entries } of pages) {
    if (Object.keys(entries).length === 0) continue;
    lines.push(`## ${owner}`, "", "| code | text | when, and what to do |", "|---|---|---|");
    for (const [code, entry] of Object.entries(entries)) {
      const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
      lines.push(`| \`${code}\` | ${cell(pattern(entry))} | ${cell(entry.help)} |`);
    }
    lines.push("");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
