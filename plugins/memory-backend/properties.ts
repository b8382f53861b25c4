// What -object memory-backend-* takes; names, types and defaults are the peer's.
import { prop, type OptionValue, type Property } from "backplane";
import { memoryBackendErrors } from "./errors.ts";

/** As many nodes as the peer's masks have bits for. */
const MAX_NODES = 128;

/** `3`, `0-2`, or a list of both. */
function nodeNumbers(value: OptionValue, name: string): number[] {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return [value];
  if (Array.isArray(value)) return value.flatMap((item: OptionValue) => nodeNumbers(item, name));
  const range = typeof value === "string" ? /^(\d+)(?:-(\d+))?$/.exec(value) : null;
  const first = Number(range?.[1] ?? Number.NaN);
  const last = Number(range?.[2] ?? first);
  if (!(first <= last && last < 65536)) throw memoryBackendErrors.MEMORY_BACKEND_HOST_NODES_VALUE(name);
  if (last >= MAX_NODES) throw memoryBackendErrors.MEMORY_BACKEND_HOST_NODE(Math.max(first, MAX_NODES));
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

const hostNodes: Property<readonly number[]> = prop.custom<readonly number[]>({
  type: "int",
  default: [],
  description: "Binds memory to the list of NUMA host nodes",
  parse: (value, name) => nodeNumbers(value, name),
});

const COMMON = {
  dump: prop.bool(true, { description: "Set to 'off' to exclude from core dump" }),
  "host-nodes": hostNodes,
  merge: prop.bool(true, { description: "Mark memory as mergeable" }),
  policy: prop.choice("HostMemPolicy", ["default", "preferred", "bind", "interleave"], "default", {
    description: "Set the NUMA policy",
  }),
  prealloc: prop.bool(false, { description: "Preallocate memory" }),
  "prealloc-context": prop.link("thread-context", {
    description: "Context to use for creating CPU threads for preallocation",
  }),
  "prealloc-threads": prop.unsigned(32, 1, { description: "Number of CPU threads to use for prealloc" }),
  reserve: prop.bool(true, { description: "Reserve swap space (or huge pages) if applicable" }),
  size: prop.required(prop.size(0, { description: "Size of the memory region (ex: 500M)" })),
  "x-use-canonical-path-for-ramblock-id": prop.bool(false),
} as const;

export const RAM_PROPERTIES = {
  ...COMMON,
  share: prop.bool(false, { description: "Mark the memory as private to QEMU or shared" }),
} as const;

export const FILE_PROPERTIES = {
  ...COMMON,
  share: prop.bool(false, { description: "Mark the memory as private to QEMU or shared" }),
  align: prop.size(0),
  "discard-data": prop.bool(false),
  "mem-path": prop.required(prop.string("")),
  offset: prop.size(0, { description: "Offset into the target file (ex: 1G)" }),
  pmem: prop.bool(false),
  readonly: prop.bool(false),
  rom: prop.choice("OnOffAuto", ["auto", "on", "off"], "auto", {
    description: "Whether to create Read Only Memory (ROM)",
  }),
} as const;

export const SHM_PROPERTIES = {
  ...COMMON,
  share: prop.bool(true, { description: "Mark the memory as private to QEMU or shared" }),
} as const;

export const MEMFD_PROPERTIES = {
  ...COMMON,
  share: prop.bool(true, { description: "Mark the memory as private to QEMU or shared" }),
  hugetlb: prop.bool(false, { description: "Use huge pages" }),
  hugetlbsize: prop.size(0, { description: "Huge pages size (ex: 2M, 1G)" }),
  seal: prop.bool(false, { description: "Seal growing & shrinking" }),
} as const;
