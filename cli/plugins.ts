import { createRequire } from "node:module";
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
    const file = path.isAbsolute(specifier) ? specifier : createRequire(from).resolve(specifier);
    loaded = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (failure) {
    throw cliErrors.PLUGIN_NOT_FOUND(specifier, messageOf(failure).split("\n")[0] ?? "").from(origin);
  }
  // A CommonJS build of a plugin has its default export one level down.
  const candidate = isPlugin(loaded) ? loaded : (loaded as { default?: unknown } | undefined)?.default;
  if (!isPlugin(candidate)) throw cliErrors.PLUGIN_SHAPE(specifier).from(origin);
  return candidate;
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
