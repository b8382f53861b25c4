import { defineErrors } from "backplane";

const hex = (value: number): string => `0x${value.toString(16)}`;

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
  MEMORY_BACKEND_BIND: {
    text: () => "cannot bind memory to host NUMA nodes: Invalid argument",
    help: "host-nodes names none of the host's NUMA nodes.",
  },
  MEMORY_BACKEND_HOST_NODE: {
    text: (node: number) => `Invalid host-nodes value: ${node}`,
    help: "Hosts have nodes up to 127.",
  },
  MEMORY_BACKEND_SHM_PRIVATE: {
    text: () => "can't create shm backend with `share=off`",
    help: "POSIX shared memory is there to be shared.",
  },
  MEMORY_BACKEND_SHM_SIZE: {
    text: (id: string, size: number) =>
      `${id} backing store size ${hex(size)} is too small for 'size' option ${hex(Math.ceil(size / 0x1000) * 0x1000)} plus 'offset' option 0x0`,
    help: "The size of POSIX shared memory is a multiple of the host's page.",
    at: "size",
  },
  MEMORY_BACKEND_HUGE_PAGE: {
    text: () => "Hugepage size must be a power of 2",
    help: "hugetlbsize= is no power of two.",
    at: "hugetlbsize",
  },
  MEMORY_BACKEND_HOST_NODES_VALUE: {
    text: (name: string) => `Parameter '${name}' expects a uint64 value or range`,
    help: "host-nodes is a number, a range such as 0-3, or a list of those.",
  },
  MEMORY_BACKEND_PREALLOC_RESERVE: {
    text: () => "'prealloc=on' and 'reserve=off' are incompatible",
    help: "Memory cannot be allocated in advance and at the same time not be accounted for.",
  },
  MEMORY_BACKEND_UNSUPPORTED: {
    text: (setting: string, reason: string) => `'${setting}' is not supported: ${reason}`,
    help: "A property of a memory backend asks for something that Backplane does not model. The message says why.",
  },
  MEMORY_BACKEND_ROM_WRITABLE: {
    text: () => "property 'rom' = 'on' is not supported with 'readonly' = 'off'",
    help: "A ROM needs a file that is opened read-only.",
  },
  MEMORY_BACKEND_RAM_READONLY: {
    text: () => "property 'rom' = 'off' is incompatible with 'readonly' = 'on' and 'share' = 'on'",
    help: "Writes to RAM that shares a read-only file would have nowhere to go.",
  },
  MEMORY_BACKEND_PAGE_MULTIPLE: {
    text: (type: string) => `backend '${type}' memory size must be multiple of 4 KiB`,
    help: "The size of memory that stands on a file is a multiple of the host's page.",
    at: "size",
  },
  MEMORY_BACKEND_ALIGN: {
    text: (align: number) => `alignment ${hex(align)} must be multiples of page size 0x1000`,
    help: "align= must be a multiple of the host's page.",
    at: "align",
  },
  MEMORY_BACKEND_ALIGN_POWER: {
    text: (align: number) => `alignment ${hex(align)} must be a power of two`,
    help: "align= must be a power of two.",
    at: "align",
  },
  MEMORY_BACKEND_OFFSET: {
    text: (offset: number) => `offset ${hex(offset)} must be multiples of page size 0x1000`,
    help: "offset= must be a multiple of the host's page.",
    at: "offset",
  },
  MEMORY_BACKEND_ABSENT: {
    text: (id: string) => `Device '${id}' not found`,
    help: "A device names a memory backend that does not exist.",
    errorClass: "DeviceNotFound",
    at: "memdev",
    advice: "list a memory backend with that id under 'objects'",
  },
});
