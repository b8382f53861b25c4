import path from "node:path";
import { cosmiconfig, defaultLoaders } from "cosmiconfig";
import * as v from "valibot";
import { asBackplaneError } from "../errors.ts";
import type { MachineDefinition } from "./definition.ts";
import { configErrors } from "./errors.ts";
import { compose } from "./compose.ts";
import { FILE_KEYS, fileSchema, STEP_KEYS, type FileDefinition, type ScenarioStep } from "./schema.ts";
import { fromCode, readToml, readYaml, type Source } from "./source.ts";
import { nearest } from "./suggest.ts";

export { definitionSchema } from "./json-schema.ts";

/** A definition that was read from files, with the steps that are to be taken with it. */
export interface ReadDefinition {
  /** The file it was read from, absolute. */
  readonly file: string;
  readonly description: string | undefined;
  readonly definition: MachineDefinition;
  readonly scenario: readonly ScenarioStep[];
}

/** One file of an `extends` chain, checked for shape. */
export interface Layer {
  readonly source: Source;
  readonly value: FileDefinition;
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

/**
 * Reads a definition: the named file, or the nearest one at or above `cwd` within its project. `plugins` are the ids
 * that may stand as keys; a key that is neither is refused with the nearest name.
 */
export async function readDefinition(
  file: string | undefined,
  options: { readonly cwd?: string; readonly plugins: readonly string[] },
): Promise<ReadDefinition> {
  const cwd = options.cwd ?? process.cwd();
  const layers = await readLayers(file === undefined ? await find(cwd) : path.resolve(cwd, file), options.plugins, []);
  return compose(layers);
}

async function find(cwd: string): Promise<string> {
  const found = await explorer().search(cwd);
  if (found === null) throw configErrors.CONFIG_NOT_FOUND(cwd);
  return found.filepath;
}

/** The file and what it extends, bases first. */
async function readLayers(file: string, plugins: readonly string[], trail: readonly string[]): Promise<Layer[]> {
  if (trail.includes(file))
    throw configErrors.CONFIG_EXTENDS_CYCLE(
      [...trail.slice(trail.indexOf(file)), file].map((name) => path.basename(name)),
    );
  const source = await load(file);
  const value = checkShape(source, plugins);
  const bases = typeof value.extends === "string" ? [value.extends] : (value.extends ?? []);
  const layers: Layer[] = [];
  for (const base of bases) {
    try {
      layers.push(...(await readLayers(path.resolve(path.dirname(file), base), plugins, [...trail, file])));
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

function checkShape(source: Source, plugins: readonly string[]): FileDefinition {
  const value = source.value ?? {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw configErrors
      .CONFIG_VALUE("a map of keys", Array.isArray(value) ? "a list" : typeof value)
      .from(source.locate([]));
  }
  for (const key of Object.keys(value)) {
    if (FILE_KEYS.includes(key) || plugins.includes(key)) continue;
    throw configErrors.CONFIG_KEY_UNKNOWN(key, nearest(key, [...FILE_KEYS, ...plugins])).from(source.locate([key]));
  }
  const result = v.safeParse(fileSchema, value);
  if (result.success) return result.output;
  const step = unknownStep(value);
  if (step !== undefined) throw configErrors.CONFIG_STEP(STEP_KEYS.join(", ")).from(source.locate(["scenario", step]));
  throw shapeError(deepest(result.issues), source);
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

/** A union reports its branches' issues below its own; the one that got furthest says best what is wrong. */
function deepest(
  issues: readonly v.BaseIssue<unknown>[],
  prefix: readonly PropertyKey[] = [],
): { issue: v.BaseIssue<unknown>; path: readonly PropertyKey[] } {
  let best: { issue: v.BaseIssue<unknown>; path: readonly PropertyKey[] } | undefined;
  for (const issue of issues) {
    const path = [...prefix, ...(issue.path ?? []).map((part) => part.key as PropertyKey)];
    const candidate = issue.issues === undefined ? { issue, path } : deepest(issue.issues, path);
    const chosen = candidate.path.length > path.length ? candidate : { issue, path };
    if (best === undefined || chosen.path.length > best.path.length) best = chosen;
  }
  if (best === undefined) throw new TypeError("a failed check has at least one issue");
  return best;
}

function shapeError({ issue, path }: { issue: v.BaseIssue<unknown>; path: readonly PropertyKey[] }, source: Source) {
  const key = path.at(-1);
  if (issue.expected === "never" && key !== undefined) {
    return configErrors.CONFIG_KEY_UNKNOWN(String(key), undefined).from(source.locate(path));
  }
  if (issue.received === "undefined" && key !== undefined) {
    return configErrors.CONFIG_KEY_MISSING(String(key)).from(source.locate(path.slice(0, -1)));
  }
  const expected = (issue.expected ?? issue.message).replaceAll(/[()]/g, "").replaceAll(" | ", " or ");
  return configErrors
    .CONFIG_VALUE(expected.replaceAll("Object", "a map").replaceAll("Array", "a list"), issue.received)
    .from(source.locate(path));
}
