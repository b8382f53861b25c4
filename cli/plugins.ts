import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { asBackplaneError, messageOf, type MachineDefinition, type AnyPlugin } from "backplane";
import { cliErrors } from "./errors.ts";

/** Loads the third-party plugins that a definition lists, each resolved from the file that names it; nothing is searched for. */
export async function loadPlugins(definition: MachineDefinition): Promise<AnyPlugin[]> {
  const plugins: AnyPlugin[] = [];
  for (const { specifier, from, origin } of definition.plugins) {
    let loaded: unknown;
    try {
      const file = path.isAbsolute(specifier) ? specifier : createRequire(from).resolve(specifier);
      loaded = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
    } catch (failure) {
      throw asBackplaneError(cliErrors.PLUGIN_NOT_FOUND(specifier, messageOf(failure).split("\n")[0] ?? "")).from(
        origin,
      );
    }
    // A CommonJS build of a plugin has its default export one level down.
    const candidate = isPlugin(loaded) ? loaded : (loaded as { default?: unknown } | undefined)?.default;
    if (!isPlugin(candidate)) throw cliErrors.PLUGIN_SHAPE(specifier).from(origin);
    plugins.push(candidate);
  }
  return plugins;
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
