import path from "node:path";
import { cosmiconfig, defaultLoaders } from "cosmiconfig";
import * as v from "valibot";
import { asBackplaneError } from "../errors.ts";
import type { AnyPlugin } from "../plugin/define-plugin.ts";
import type { MachineDefinition } from "./definition.ts";
import { configErrors } from "./errors.ts";
import { compose, type ComposedDefinition, type Layer } from "./compose.ts";
import { faultOf, type Fault } from "./issue.ts";
import { FILE_KEYS, fileSchema, STEP_KEYS, type FileDefinition } from "./schema.ts";
import { fromCode, readToml, readYaml, type Source } from "./source.ts";
import { nearest } from "./suggest.ts";

export { definitionSchema } from "./json-schema.ts";

/** A definition that was read from files, with the steps that are to be taken with it. */
export interface ReadDefinition extends ComposedDefinition {
  /** The third-party plugins that it lists, loaded, if somebody loads them. */
  readonly plugins: readonly AnyPlugin[];
}

const NAME = "backplane";
const DATA_ENDINGS = ["yaml", "yml", "json", "toml"];

const loaders = {
  ".yaml": (file: string, text: string) => readYaml(file, text),
  ".yml": (file: string, text: string) => readYaml(file, text),
  ".json": (file: string, text: string) => readYaml(file, text),
  ".toml": (file: string, text: string) => readToml(file, text),
};

/** Code runs on load, so it is read only when somebody names it: the search does not look for it. */
const codeLoaders = {
  ".js": defaultLoaders[".js"],
  ".mjs": defaultLoaders[".mjs"],
  ".cjs": defaultLoaders[".cjs"],
};

function explorer() {
  return cosmiconfig(NAME, {
    searchStrategy: "project",
    searchPlaces: [
      ...DATA_ENDINGS.map((ending) => `${NAME}.${ending}`),
      ...DATA_ENDINGS.map((ending) => `.config/${NAME}.${ending}`),
    ],
    loaders: { ...loaders, ...codeLoaders },
    cache: false,
  });
}

export interface ReadOptions {
  readonly cwd?: string;
  /** Ids of plugins that may stand as keys. */
  readonly plugins: readonly string[];
  /** Loads what the definition lists under `plugins`; the ids of those may stand as keys as well. */
  readonly load?: (listed: MachineDefinition["plugins"]) => Promise<readonly AnyPlugin[]>;
}

/**
 * Reads a definition: the named file, or the nearest one at or above `cwd` within its project. A key that is neither
 * one of a definition nor the id of a plugin is refused with the nearest name.
 */
export async function readDefinition(file: string | undefined, options: ReadOptions): Promise<ReadDefinition> {
  const cwd = options.cwd ?? process.cwd();
  const layers = await readLayers(file === undefined ? await find(cwd) : path.resolve(cwd, file), []);
  const read = compose(layers);
  const listed = read.definition.plugins;
  const plugins = listed.length === 0 ? [] : ((await options.load?.(listed)) ?? []);
  refuseUnknownKey(layers, [...options.plugins, ...plugins.map(({ id }) => id)]);
  return { ...read, plugins };
}

async function find(cwd: string): Promise<string> {
  const found = await explorer().search(cwd);
  if (found === null) throw configErrors.CONFIG_NOT_FOUND(cwd);
  return found.filepath;
}

/** The file and what it extends, bases first. */
async function readLayers(file: string, trail: readonly string[]): Promise<Layer[]> {
  if (trail.includes(file))
    throw configErrors.CONFIG_EXTENDS_CYCLE(
      [...trail.slice(trail.indexOf(file)), file].map((name) => path.basename(name)),
    );
  const source = await load(file);
  const value = checkShape(source);
  const bases = typeof value.extends === "string" ? [value.extends] : (value.extends ?? []);
  const layers: Layer[] = [];
  for (const base of bases) {
    try {
      layers.push(...(await readLayers(path.resolve(path.dirname(file), base), [...trail, file])));
    } catch (failure) {
      throw asBackplaneError(failure).from(source.locate(["extends"]));
    }
  }
  return [...layers, { source, value }];
}

async function load(file: string): Promise<Source> {
  const ending = path.extname(file);
  if (!Object.hasOwn({ ...loaders, ...codeLoaders }, ending)) throw configErrors.CONFIG_KIND(file);
  let config: unknown;
  try {
    config = (await explorer().load(file))?.config;
  } catch (failure) {
    const error = asBackplaneError(failure);
    throw error.code === "INTERNAL" ? configErrors.CONFIG_UNREADABLE(file, reason(failure)) : error;
  }
  if (Object.hasOwn(codeLoaders, ending)) return fromCode(file, config);
  // An empty file never reaches a loader.
  return config === undefined ? fromCode(file, {}) : (config as Source);
}

function reason(failure: unknown): string {
  const code = failure instanceof Error && "code" in failure ? failure.code : undefined;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "permission denied";
  return failure instanceof Error ? failure.message : String(failure);
}

function checkShape(source: Source): FileDefinition {
  const value = source.value ?? {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw configErrors
      .CONFIG_VALUE("a map of keys", Array.isArray(value) ? "a list" : typeof value)
      .from(source.locate([]));
  }
  const result = v.safeParse(fileSchema, value);
  if (result.success) return result.output;
  const step = unknownStep(value);
  if (step !== undefined) throw configErrors.CONFIG_STEP(STEP_KEYS.join(", ")).from(source.locate(["scenario", step]));
  throw shapeError(faultOf(result.issues, fileSchema), source);
}

/** Refuses a key that is neither one of a definition nor a plugin's id. */
function refuseUnknownKey(layers: readonly Layer[], plugins: readonly string[]): void {
  const known = [...FILE_KEYS, ...plugins];
  for (const { source, value } of layers) {
    const key = Object.keys(value).find((name) => !known.includes(name));
    if (key !== undefined) throw configErrors.CONFIG_KEY_UNKNOWN(key, nearest(key, known)).from(source.locate([key]));
  }
}

/** The first step of a scenario that has none of the keys that make one. */
function unknownStep(value: object): number | undefined {
  const steps: unknown = "scenario" in value ? value.scenario : undefined;
  if (!Array.isArray(steps)) return undefined;
  const at = steps.findIndex(
    (step: unknown) => typeof step !== "object" || step === null || !STEP_KEYS.some((key) => key in step),
  );
  return at < 0 ? undefined : at;
}

function shapeError(fault: Fault, source: Source) {
  const { path, kind } = fault;
  const key = String(path.at(-1));
  if (kind === "unknown") return configErrors.CONFIG_KEY_UNKNOWN(key, fault.instead).from(source.locate(path));
  if (kind === "missing") return configErrors.CONFIG_KEY_MISSING(key).from(source.locate(path.slice(0, -1)));
  return configErrors.CONFIG_VALUE(fault.expected, fault.received).from(source.locate(path));
}
