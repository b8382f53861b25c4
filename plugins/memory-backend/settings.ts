// What monitors can still change of a backend that is there, and how they are refused the rest.
import type { HostMemory, JsonValue, ObjectContext, OptionValue, Property } from "backplane";
import { ADVICE, adviseIfPossible, preallocate } from "./advice.ts";
import type { BackendParts } from "./backend.ts";
import type { MemoryBackend } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";
import { nodeSet } from "./host-nodes.ts";
import { COMMON_PROPERTIES } from "./properties.ts";
import type { ThreadContext } from "./thread-context.ts";

export interface Settings {
  merge: boolean;
  dump: boolean;
  prealloc: boolean;
  policy: MemoryBackend["policy"];
  hostNodes: readonly number[];
  threadContext: ThreadContext | undefined;
  preallocThreads: number;
  canonicalPath: boolean;
  discardData: boolean;
}

type Context = Pick<ObjectContext, "object" | "type">;

/** A property as it stands, to be set with a value that it has read. */
export function settable<T>(
  context: Context,
  name: string,
  property: Property<T>,
  get: () => JsonValue,
  set: (value: T) => void,
): void {
  context.object.add({
    name,
    type: typeName(property.type),
    get,
    set: (value) => set(property.parse(value as OptionValue, name, context.type.name, "json")),
  });
}

/** A property that says why it cannot be set any more. */
export function settled(context: Context, name: string, get: () => JsonValue, refusal: () => Error): void {
  const { type = "" } = context.type.properties[name] ?? {};
  context.object.add({
    name,
    type: typeName(type),
    get,
    set: () => {
      throw refusal();
    },
  });
}

function typeName(type: string): string {
  if (type === "size" || /^u?int\d+$/.test(type)) return "int";
  return type === "str" ? "string" : type;
}

/** The properties that every kind has. */
export function setCommon(
  { context, host, threadContext }: BackendParts,
  memory: HostMemory,
  settings: Settings,
  backend: Pick<MemoryBackend, "size" | "share" | "reserve" | "readonly" | "type">,
): void {
  const advised = (name: "merge" | "dump", on: number, off: number): void =>
    settable(
      context,
      name,
      COMMON_PROPERTIES[name],
      () => settings[name],
      (value) => {
        if (value !== settings[name]) adviseIfPossible(host, memory, value ? on : off);
        settings[name] = value;
      },
    );
  const fixed = memoryBackendErrors.MEMORY_BACKEND_FIXED;
  advised("merge", ADVICE.mergeable, ADVICE.unmergeable);
  advised("dump", ADVICE.doDump, ADVICE.dontDump);
  settable(
    context,
    "prealloc",
    COMMON_PROPERTIES.prealloc,
    () => settings.prealloc,
    (value) => {
      if (!backend.reserve && value) throw memoryBackendErrors.MEMORY_BACKEND_PREALLOC_RESERVE();
      if (!value || settings.prealloc) return;
      preallocate(host, memory, backend.readonly, settings.threadContext);
      settings.prealloc = true;
    },
  );
  settable(
    context,
    "prealloc-threads",
    COMMON_PROPERTIES["prealloc-threads"],
    () => settings.preallocThreads,
    (value = 0) => {
      if (value === 0) throw memoryBackendErrors.MEMORY_BACKEND_VALUE("prealloc-threads", backend.type, value);
      settings.preallocThreads = value;
    },
  );
  settable(
    context,
    "prealloc-context",
    COMMON_PROPERTIES["prealloc-context"],
    () => settings.threadContext?.path ?? "",
    (value = "") => {
      settings.threadContext = value === "" ? undefined : threadContext(value);
    },
  );
  // A policy that is set now would only have had an effect before the memory was there.
  settable(
    context,
    "policy",
    COMMON_PROPERTIES.policy,
    () => settings.policy,
    (value) => {
      settings.policy = value;
    },
  );
  settable(
    context,
    "host-nodes",
    COMMON_PROPERTIES["host-nodes"],
    () => settings.hostNodes,
    (value) => {
      settings.hostNodes = nodeSet([...settings.hostNodes, ...value]);
    },
  );
  settable(
    context,
    "x-use-canonical-path-for-ramblock-id",
    COMMON_PROPERTIES["x-use-canonical-path-for-ramblock-id"],
    () => settings.canonicalPath,
    (value) => {
      settings.canonicalPath = value;
    },
  );
  settled(context, "share", () => backend.share, fixed);
  settled(context, "reserve", () => backend.reserve, fixed);
  settled(
    context,
    "size",
    () => backend.size,
    () => memoryBackendErrors.MEMORY_BACKEND_FIXED_SIZE("size", backend.type),
  );
}
