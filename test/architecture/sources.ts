import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");

/** A TypeScript source: its path from the root with forward slashes, its text, what it imports. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const SPECIFIER =
  /(?:^|\n)\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Sources below the named top-level folders. */
export function sources(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => {
    const known = read.get(folder) ?? readSources(folder);
    read.set(folder, known);
    return known;
  });
}

/** They do not change while tests run, and tests ask again and again. */
const read = new Map<string, readonly SourceFile[]>();

function readSources(folder: string): SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.split(path.sep).join("/")}`)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => {
      const text = readFileSync(path.join(root, file), "utf8");
      const imports = [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
      return { file, text, imports };
    });
}

/** The names that a text imports as values from a specifier. */
export function importedNames(text: string, specifier: string): string[] {
  const escaped = specifier.replaceAll("/", "\\/");
  const clauses = text.matchAll(new RegExp(`import \\{([^}]*)\\}\\s*from "${escaped}"`, "g"));
  return [...clauses].flatMap((clause) =>
    (clause[1] ?? "")
      .split(",")
      .map((part) => part.trim().replace(/ as .*/, ""))
      .filter((name) => /^\w+$/.test(name)),
  );
}

/** A source file's exports, by its path from the root. */
export async function load(file: string): Promise<unknown> {
  return import(/* @vite-ignore */ path.join(root, file));
}

/** Ids of the plugins: the folders that hold a manifest. */
export function pluginIds(): string[] {
  return sources("plugins")
    .filter(
      ({ file }) => file.endsWith("/index.ts") && /\bdefinePlugin\b/.test(readFileSync(path.join(root, file), "utf8")),
    )
    .map(({ file }) => file.slice("plugins/".length, -"/index.ts".length));
}

/** The plugin that a file belongs to: the longest id that is a prefix of its path. */
export function pluginOf(file: string, ids: readonly string[]): string | undefined {
  return ids.filter((id) => file.startsWith(`plugins/${id}/`)).toSorted((a, b) => b.length - a.length)[0];
}

/** Where a relative import leads, from the root. */
export function resolveImport(from: string, specifier: string): string {
  return path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier));
}
