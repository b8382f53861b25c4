import { existsSync, readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, type AnyPlugin, type BackplaneError, type MachineDefinition } from "backplane";
import { cliErrors } from "./errors.ts";

type Listed = MachineDefinition["plugins"];

/** The third-party plugins of a definition. */
export class ThirdParties {
  readonly #listed = new Map<AnyPlugin, Listed[number]>();

  /** Loads what the definition lists, each resolved from the file that names it; nothing is searched for. */
  async load(listed: Listed): Promise<readonly AnyPlugin[]> {
    for (const entry of listed) this.#listed.set(await loadPlugin(entry), entry);
    return [...this.#listed.keys()];
  }

  /** Points an error of a plugin at where the plugin is listed, unless it points elsewhere. */
  locate(error: BackplaneError): BackplaneError {
    const entry = [...this.#listed].findLast(([plugin]) => plugin.id === error.plugin);
    return error.from(entry?.[1].origin);
  }
}

async function loadPlugin({ specifier, from, origin }: Listed[number]): Promise<AnyPlugin> {
  let loaded: unknown;
  try {
    const file = path.isAbsolute(specifier) ? specifier : resolveFrom(from, specifier);
    shareCore(file);
    loaded = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (failure) {
    throw cliErrors.PLUGIN_NOT_FOUND(specifier, messageOf(failure).split("\n")[0] ?? "").from(origin);
  }
  // A CommonJS build of a plugin has its default export one level down.
  const candidate = isPlugin(loaded) ? loaded : (loaded as { default?: unknown } | undefined)?.default;
  if (!isPlugin(candidate)) throw cliErrors.PLUGIN_SHAPE(specifier).from(origin);
  return candidate;
}

function resolveFrom(file: string, specifier: string): string {
  const require = createRequire(file);
  try {
    return require.resolve(specifier);
  } catch (failure) {
    const folders = require.resolve.paths(specifier) ?? [];
    const entry = isForImportOnly(failure) ? folders.map((folder) => importEntry(folder, specifier)) : [];
    const found = entry.find((candidate) => candidate !== undefined);
    if (found === undefined) throw failure;
    return found;
  }
}

function isForImportOnly(failure: unknown): boolean {
  return failure instanceof Error && "code" in failure && failure.code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
}

/** Where a package that exports itself to `import` only, which `require.resolve` cannot see, has its entry. */
function importEntry(folder: string, name: string): string | undefined {
  const manifest = path.join(folder, name, "package.json");
  if (!existsSync(manifest)) return undefined;
  const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly exports?: unknown };
  let entry = member(exports, ".") ?? exports;
  while (typeof entry === "object" && entry !== null) {
    entry = member(entry, "import") ?? member(entry, "node") ?? member(entry, "default");
  }
  return typeof entry === "string" ? path.join(folder, name, entry) : undefined;
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

let isShared = false;

/**
 * A plugin's `import "backplane"` must reach the modules that are running: tokens and errors of another copy are other
 * tokens and errors. Where it would not (the plugin stands in no project, or its project has a copy), Node is told to
 * look from here.
 */
function shareCore(plugin: string): void {
  const own = coreSeenFrom(import.meta.url);
  if (isShared || own === undefined || coreSeenFrom(plugin) === own) return;
  isShared = true;
  const hooks = `
    let from;
    export function initialize(data) { from = data.from; }
    export function resolve(specifier, context, next) {
      const isCore = specifier === "backplane" || specifier.startsWith("backplane/");
      return next(specifier, isCore ? { ...context, parentURL: from } : context);
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { from: import.meta.url } });
}

function coreSeenFrom(file: string): string | undefined {
  try {
    return createRequire(file).resolve("backplane");
  } catch {
    return undefined;
  }
}

function isPlugin(value: unknown): value is AnyPlugin {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "attach" in value &&
    typeof value.attach === "function"
  );
}
