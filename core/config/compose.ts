import path from "node:path";
import { asBackplaneError, type Origin } from "../errors.ts";
import type { DeviceDefinition, ObjectDefinition } from "../machine/component.ts";
import type { OptionValue, OptionValues } from "../machine/property.ts";
import type { MachineDefinition } from "./definition.ts";
import { FILE_KEYS, type FileDefinition, type ScenarioStep } from "./schema.ts";
import { configErrors } from "./errors.ts";
import { requireSize } from "./size.ts";
import type { Source } from "./source.ts";

/** One file of an `extends` chain, checked for shape. */
export interface Layer {
  readonly source: Source;
  readonly value: FileDefinition;
}

/** What the files of a chain come to together. */
export interface ComposedDefinition {
  /** The last file, absolute. */
  readonly file: string;
  readonly description: string | undefined;
  readonly definition: MachineDefinition;
  readonly scenario: readonly ScenarioStep[];
}

/** Bytes where nothing is said; the peer's default for its PC machines. */
const DEFAULT_MEMORY = 128 * 1024 * 1024;

/**
 * Lays the files of an `extends` chain over each other, bases first. Maps are merged; objects and devices with the
 * same id are merged in place and others are appended; every other list is replaced.
 */
export function compose(layers: readonly Layer[]): ComposedDefinition {
  const last = layers.at(-1);
  if (last === undefined) throw new TypeError("a definition has at least one file");
  const objects = new Map<string, ObjectDefinition>();
  const devices = new Map<string, DeviceDefinition>();
  const options: Record<string, { value: unknown; origin?: Origin }> = {};
  let machine: MachineDefinition["machine"] = { type: "q35", properties: {} };
  let memory: MachineDefinition["memory"] = { size: DEFAULT_MEMORY, slots: 0, maxSize: DEFAULT_MEMORY };
  let cpu: MachineDefinition["cpu"] = { topology: {} };
  let plugins: MachineDefinition["plugins"] = [];
  let scenario: FileDefinition["scenario"];
  let name: string | undefined;
  let description: string | undefined;
  let paused = false;

  for (const { source, value } of layers) {
    const folder = path.dirname(source.file);
    const own = (given: unknown): OptionValue => resolvePaths(given, folder);
    name = value.name ?? name;
    description = value.description ?? description;
    paused = value.paused ?? paused;
    scenario = value.scenario ?? scenario;
    if (value.machine !== undefined) {
      const { type, ...properties } = typeof value.machine === "string" ? { type: value.machine } : value.machine;
      machine = {
        type: type ?? machine.type,
        properties: { ...machine.properties, ...(own(properties) as OptionValues) },
        origin: over(source.locate(["machine"]), machine.origin),
      };
    }
    memory = mergeMemory(memory, value.memory, over(source.locate(["memory"]), memory.origin));
    cpu = mergeCpu(cpu, value.cpu, over(source.locate(["cpu"]), cpu.origin));
    if (value.plugins !== undefined) {
      plugins = value.plugins.map((specifier, index) => ({
        specifier,
        from: source.file,
        origin: source.locate(["plugins", index]),
      }));
    }
    refuseTwins(value.objects ?? [], "objects", source);
    for (const [index, { type, id, ...properties }] of (value.objects ?? []).entries()) {
      const base = objects.get(id);
      objects.set(id, {
        type,
        id,
        properties: { ...base?.properties, ...(own(properties) as OptionValues) },
        origin: over(source.locate(["objects", index]), base?.origin),
      });
    }
    refuseTwins(value.devices ?? [], "devices", source);
    for (const [index, given] of (value.devices ?? []).entries()) {
      const { driver, id, bus, ...properties } = typeof given === "string" ? { driver: given } : given;
      const key = id ?? `${source.file}#${index}`;
      const base = id === undefined ? undefined : devices.get(id);
      devices.set(key, {
        driver,
        ...(id === undefined ? {} : { id }),
        ...(bus === undefined ? {} : { bus }),
        properties: { ...base?.properties, ...(own(properties) as OptionValues) },
        origin: over(source.locate(["devices", index]), base?.origin),
      });
    }
    for (const [key, given] of Object.entries(value)) {
      if (FILE_KEYS.includes(key)) continue;
      const base = options[key];
      options[key] = { value: mergeOptions(base?.value, own(given)), origin: over(source.locate([key]), base?.origin) };
    }
  }
  const definition: MachineDefinition = {
    ...(name === undefined ? {} : { name }),
    machine,
    memory,
    cpu,
    plugins,
    objects: [...objects.values()],
    devices: [...devices.values()],
    options,
    paused,
  };
  return { file: last.source.file, description, definition, scenario: scenario ?? [] };
}

/** The origin of something that several files have a part in: a part is where it was written last. */
function over(own: Origin, base: Origin | undefined): Origin {
  if (own.kind !== "file" || base?.kind !== "file") return own;
  const { locate } = own;
  const below = base.locate;
  if (locate === undefined || below === undefined) return own;
  const depth = (found: Origin, from: { readonly path: string }): number =>
    found.kind === "file" ? found.path.length - from.path.length : 0;
  return {
    ...own,
    locate: (path) => {
      const [here, there] = [locate(path), below(path)];
      return depth(there, base) > depth(here, own) ? there : here;
    },
  };
}

/** Within one file an id stands once; it is in another file that it is meant to be the same. */
function refuseTwins(
  items: readonly (string | { readonly id?: string | undefined })[],
  key: string,
  source: Source,
): void {
  const ids = new Set<string>();
  for (const [index, item] of items.entries()) {
    const id = typeof item === "string" ? undefined : item.id;
    if (id === undefined) continue;
    if (ids.has(id)) throw configErrors.CONFIG_ID_DUPLICATE(id).from(source.locate([key, index, "id"]));
    ids.add(id);
  }
}

function mergeMemory(
  base: MachineDefinition["memory"],
  given: FileDefinition["memory"],
  origin: Origin,
): MachineDefinition["memory"] {
  if (given === undefined) return base;
  const bytes = (value: string | number, key: string): number => {
    return typeof value === "number" ? value : requireSizeAt(value, key, origin);
  };
  if (typeof given !== "object") {
    const size = bytes(given, "memory");
    return { size, slots: 0, maxSize: size, origin };
  }
  const size = given.size === undefined ? base.size : bytes(given.size, "memory.size");
  const maxSize =
    given.max === undefined
      ? Math.max(size, base.maxSize === base.size ? size : base.maxSize)
      : bytes(given.max, "memory.max");
  return { size, slots: given.slots ?? base.slots, maxSize, origin };
}

function requireSizeAt(value: string, key: string, origin: Origin): number {
  try {
    return requireSize(value);
  } catch (failure) {
    throw asBackplaneError(failure).at(key.split(".").slice(1)).from(origin);
  }
}

function mergeCpu(
  base: MachineDefinition["cpu"],
  given: FileDefinition["cpu"],
  origin: Origin,
): MachineDefinition["cpu"] {
  if (given === undefined) return base;
  if (typeof given === "string") return { ...base, model: given, origin };
  const { model = base.model, ...topology } = given;
  const asked = Object.fromEntries(
    Object.entries({ ...base.topology, ...topology }).filter(([, value]) => value !== undefined),
  );
  return { ...(model === undefined ? {} : { model }), topology: asked, origin };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergeOptions(base: unknown, given: unknown): unknown {
  if (!isMap(base) || !isMap(given)) return given;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(given)) merged[key] = mergeOptions(merged[key], value);
  return merged;
}

/** A text that begins with `./` or `../` is a path from the folder of the file that it stands in. */
function resolvePaths(value: unknown, folder: string): OptionValue {
  if (typeof value === "string") return /^\.{1,2}\//.test(value) ? path.resolve(folder, value) : value;
  if (Array.isArray(value)) return value.map((item) => resolvePaths(item, folder));
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolvePaths(item, folder)]));
  return value as OptionValue;
}
