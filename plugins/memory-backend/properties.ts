// What -object memory-backend-* takes; names, types and defaults are the peer's.
import { prop, type Property } from "backplane";
import { memoryBackendErrors } from "./errors.ts";
import { numberList } from "./number-list.ts";

/** As many nodes as the peer's masks have bits for. */
const MAX_NODES = 128;

const hostNodes: Property<readonly number[]> = numberList("Binds memory to the list of NUMA host nodes", (node) => {
  if (node >= MAX_NODES) throw memoryBackendErrors.MEMORY_BACKEND_HOST_NODE(node);
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
  "prealloc-threads": prop.unsigned(32, undefined, { description: "Number of CPU threads to use for prealloc" }),
  reserve: prop.bool(true, { description: "Reserve swap space (or huge pages) if applicable" }),
  size: prop.required(prop.wideSize(0, { description: "Size of the memory region (ex: 500M)" })),
  "x-use-canonical-path-for-ramblock-id": prop.bool(false),
} as const;

/** What every kind has; only whether it is shared by default differs. */
export const COMMON_PROPERTIES = {
  ...COMMON,
  share: prop.bool(false, { description: "Mark the memory as private to QEMU or shared" }),
} as const;

export const RAM_PROPERTIES = COMMON_PROPERTIES;

export const FILE_PROPERTIES = {
  ...COMMON_PROPERTIES,
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
  hugetlbsize: prop.size(undefined, { description: "Huge pages size (ex: 2M, 1G)" }),
  seal: prop.bool(true, { description: "Seal growing & shrinking" }),
} as const;

/** The same property, where nobody gave it undefined. */
function optional<T>(property: Property<T>): Property<T | undefined> {
  return { ...property, default: undefined, format: (value) => property.format?.(value) ?? [] };
}

export const THREAD_CONTEXT_PROPERTIES = {
  "cpu-affinity": optional(numberList(undefined)),
  "node-affinity": optional(numberList(undefined)),
} as const;
