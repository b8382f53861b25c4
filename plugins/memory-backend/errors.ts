import { defineErrors, GiB, KiB, MiB } from "backplane";

const hex = (value: number): string => `0x${value.toString(16)}`;

/** A page's size in words. */
function sizeText(page: number): string {
  if (page >= GiB) return `${page / GiB} GiB`;
  return page >= MiB ? `${page / MiB} MiB` : `${page / KiB} KiB`;
}

export const memoryBackendErrors = defineErrors({
  MEMORY_BACKEND_VALUE: {
    text: (name: string, type: string, value: number) => `property '${name}' of ${type} doesn't take value '${value}'`,
    help: "A property of a memory backend has a value that makes no sense, such as a size of 0.",
  },
  MEMORY_BACKEND_NO_HOST_NODES: {
    text: (policy: string) => `host-nodes must be set for policy ${policy}`,
    help: "A NUMA policy of the host needs nodes to apply to.",
  },
  MEMORY_BACKEND_HOST_NODES: {
    text: () =>
      "host-nodes must be empty for policy default, or you should explicitly specify a policy other than default",
    help: "host-nodes has a meaning only together with a policy.",
  },
  MEMORY_BACKEND_HOST_NODE: {
    text: (node: number) => `Invalid host-nodes value: ${node}`,
    help: "Hosts have nodes up to 127.",
  },
  MEMORY_BACKEND_SHM_PRIVATE: {
    text: () => "can't create shm backend with `share=off`",
    help: "POSIX shared memory is there to be shared.",
  },
  MEMORY_BACKEND_HUGE_PAGE: {
    text: () => "Hugepage size must be a power of 2",
    help: "hugetlbsize= is no power of two.",
    at: "hugetlbsize",
  },
  MEMORY_BACKEND_PREALLOC_RESERVE: {
    text: () => "'prealloc=on' and 'reserve=off' are incompatible",
    help: "Memory cannot be allocated in advance and at the same time not be accounted for.",
  },
  MEMORY_BACKEND_ROM_WRITABLE: {
    text: () => "property 'rom' = 'on' is not supported with 'readonly' = 'off'",
    help: "A ROM needs a file that is opened read-only.",
  },
  MEMORY_BACKEND_RAM_READONLY: {
    text: () => "property 'rom' = 'off' is incompatible with 'readonly' = 'on' and 'share' = 'on'",
    help: "Writes to RAM that shares a read-only file would have nowhere to go.",
  },
  MEMORY_BACKEND_ALIGN_POWER: {
    text: (align: number) => `alignment ${hex(align)} must be a power of two`,
    help: "align= must be a power of two.",
    at: "align",
  },
  MEMORY_BACKEND_ALIGN: {
    text: (align: number, page: number) => `alignment ${hex(align)} must be multiples of page size ${hex(page)}`,
    help: "align= must be a multiple of the host's page.",
    at: "align",
  },
  MEMORY_BACKEND_OFFSET: {
    text: (offset: number, page: number) => `offset ${hex(offset)} must be multiples of page size ${hex(page)}`,
    help: "offset= must be a multiple of the host's page.",
    at: "offset",
  },
  MEMORY_BACKEND_PAGE_MULTIPLE: {
    text: (type: string, page: number) => `backend '${type}' memory size must be multiple of ${sizeText(page)}`,
    help: "The size of memory that stands on a file is a multiple of the host's page.",
    at: "size",
  },
  MEMORY_BACKEND_BIND: {
    text: (reason: string) => `cannot bind memory to host NUMA nodes: ${reason}`,
    help: "The host refused the policy: host-nodes names none of its NUMA nodes, or there are several and the memory is Node's own, which cannot be bound.",
    advice: "on a host with several nodes bind memory that is mapped: share=on",
  },
  MEMORY_BACKEND_OPEN: {
    text: (path: string, reason: string) => `can't open backing store ${path} for guest RAM: ${reason}`,
    help: "The file behind a memory backend could not be opened or created. Check the path and its permissions.",
    at: "mem-path",
  },
  MEMORY_BACKEND_TOO_SMALL: {
    text: (region: string, fileSize: number, size: number, offset: number) =>
      `${region} backing store size ${hex(fileSize)} is too small for 'size' option ${hex(size)} plus 'offset' option ${hex(offset)}`,
    help: "The file behind a memory backend has content, but is shorter than the memory. Make the file longer, or the memory smaller.",
    at: "size",
    advice: "make the file longer, or the size smaller; an empty or absent file gets its length by itself",
  },
  MEMORY_BACKEND_MAP: {
    text: (reason: string) => `unable to map backing store for guest RAM: ${reason}`,
    help: "The host refused to map the memory. The reason is its own: no free huge pages, more than it has, a device that cannot be mapped.",
  },
  MEMORY_BACKEND_ANONYMOUS: {
    text: (name: string, reason: string) => `cannot set up guest memory '${name}': ${reason}`,
    help: "The host refused anonymous memory. The reason is its own.",
  },
  MEMORY_BACKEND_MEMFD: {
    text: (flags: number, reason: string) => `failed to create memfd with flags ${hex(flags)}: ${reason}`,
    help: "The host refused to make an anonymous file, such as one with huge pages of a size that it does not have.",
  },
  MEMORY_BACKEND_MEMFD_SIZE: {
    text: (size: number | bigint, reason: string) => `failed to resize memfd to ${size}: ${reason}`,
    help: "The host refused to give an anonymous file its size, which for huge pages must be a multiple of them.",
    at: "size",
  },
  MEMORY_BACKEND_SEALS: {
    text: (seals: number, reason: string) => `failed to add seals ${hex(seals)}: ${reason}`,
    help: "The host refused to seal an anonymous file against changes of its size.",
  },
  MEMORY_BACKEND_SHM: {
    text: (reason: string) => `failed to create POSIX shared memory: ${reason}`,
    help: "The host refused to make a POSIX shared memory object.",
  },
  MEMORY_BACKEND_SHM_SIZE: {
    text: (size: number | bigint, reason: string) => `failed to resize POSIX shared memory to ${size}: ${reason}`,
    help: "The host refused to give a POSIX shared memory object its size.",
    at: "size",
  },
  MEMORY_BACKEND_PREALLOC: {
    text: (reason: string) => `qemu_prealloc_mem: preallocating memory failed: ${reason}`,
    help: "The host does not have the memory that prealloc=on asks for, or it cannot be written.",
    at: "prealloc",
  },
  MEMORY_BACKEND_CONTEXT: {
    text: (id: string) => `Device '${id}' not found`,
    help: "prealloc-context names an object that does not exist.",
    errorClass: "DeviceNotFound",
    at: "prealloc-context",
  },
  MEMORY_BACKEND_CONTEXT_TYPE: {
    text: (name: string) => `Invalid parameter type for '${name}', expected: thread-context`,
    help: "prealloc-context names an object of another type.",
    at: "prealloc-context",
  },
  THREAD_CONTEXT_MIXED: {
    text: () => "Mixing CPU and node affinity not supported",
    help: "A thread context gets processors, or nodes whose processors it uses.",
  },
  THREAD_CONTEXT_EMPTY: {
    text: (what: string) => `${what} list is empty`,
    help: "A thread context needs at least one processor.",
  },
  THREAD_CONTEXT_NO_CPUS: {
    text: () => "The nodes select no CPUs",
    help: "The host has no processors in these nodes.",
  },
  THREAD_CONTEXT_AFFINITY: {
    text: (reason: string) => `Setting CPU affinity failed: ${reason}`,
    help: "The host refused the processors: it has none of them.",
  },
  MEMORY_BACKEND_HUGE_PAGE_VALUE: {
    text: (owner: string, name: string, value: number) => `Property '${owner}.${name}' doesn't take value '${value}'`,
    help: "Huge pages have a size.",
    at: "hugetlbsize",
  },
  MEMORY_BACKEND_FIXED: {
    text: () => "cannot change property value",
    help: "A property of a memory backend cannot be changed once it has its memory.",
  },
  MEMORY_BACKEND_FIXED_SIZE: {
    text: (name: string, type: string) => `cannot change property ${name} of ${type} `,
    help: "A memory backend keeps its size.",
  },
  MEMORY_BACKEND_FIXED_FILE: {
    text: (name: string, type: string) => `cannot change property '${name}' of ${type}`,
    help: "A memory backend keeps its file, and its place in it.",
  },
  MEMORY_BACKEND_FIXED_ACCESS: {
    text: (name: string, type: string) => `cannot change property '${name}' of ${type}.`,
    help: "How a memory backend opened its file cannot be changed.",
  },
  MEMORY_BACKEND_ABSENT: {
    text: (id: string) => `Device '${id}' not found`,
    help: "A device names a memory backend that does not exist.",
    errorClass: "DeviceNotFound",
    at: "memdev",
    advice: "list a memory backend with that id under 'objects'",
  },
});
