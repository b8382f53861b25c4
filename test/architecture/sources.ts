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
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.split(path.sep).join("/")}`)
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
      .map((file) => {
        const text = readFileSync(path.join(root, file), "utf8");
        const imports = [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
        return { file, text, imports };
      }),
  );
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
