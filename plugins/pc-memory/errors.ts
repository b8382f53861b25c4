import { defineErrors } from "backplane";

const hex = (value: number): string => `0x${value.toString(16)}`;

export const pcMemoryErrors = defineErrors({
  MEMORY_MAXIMUM: {
    text: (maxSize: number, size: number) =>
      `invalid value of maxmem: maximum memory size (${hex(maxSize)}) must be at least the initial memory size (${hex(size)})`,
    help: "maxmem is smaller than the memory that the machine starts with.",
    at: "max",
    advice: "write a max that is at least size, or leave it out",
  },
  PC_MEMORY_SLOTS_WITHOUT_ROOM: {
    text: (maxSize: number, size: number) =>
      `invalid value of maxmem: memory slots were specified but maximum memory size (${hex(maxSize)}) is equal to the initial memory size (${hex(size)})`,
    help: "Slots for memory devices need a maxmem that is larger than the memory that the machine starts with.",
    at: "slots",
    advice: "write a max that is larger than size, or leave slots out",
  },
  PC_MEMORY_SLOTS: {
    text: (slots: number) => `unsupported amount of memory slots: ${slots}`,
    help: "A PC has at most 256 slots for memory devices.",
    at: "slots",
    advice: "write 256 or less",
  },
  MEMORY_MAXIMUM_ALIGNMENT: {
    text: (pageSize: number) => `maximum memory size must by aligned to multiple of ${pageSize} bytes`,
    help: "maxmem is no multiple of the page size.",
    at: "max",
  },
  MEMORY_PHYS_BITS: {
    text: (limit: number, needed: number, bits: number) =>
      `Address space limit ${hexInclusive(limit)} < ${hexInclusive(needed)} phys-bits too low (${bits})`,
    help: "RAM, device memory and the 64-bit PCI hole together reach beyond the guest-physical addresses of the CPU model.",
  },
  MEMORY_BELOW_4G: {
    text: (bytes: number) => `Machine option 'max-ram-below-4g=${bytes}' expects size less than or equal to 4G`,
    help: "max-ram-below-4g moves the PCI hole down; it cannot be above 4 GiB.",
  },
  MEMORY_BACKEND_NOT_FOUND: {
    text: (id: string) => `Memory backend '${id}' not found`,
    help: "-machine memory-backend= names an object that does not exist.",
    at: "memory-backend",
    advice: "list a memory backend with that id under 'objects'",
  },
  MEMORY_BACKEND_SIZE: {
    text: () => "Machine memory size does not match the size of the memory backend",
    help: "-m and the size of the memory backend that is the machine's RAM differ.",
    at: "memory-backend",
    advice: "write the backend's size under 'memory'",
  },
  MEMORY_BACKEND_AND_NUMA: {
    text: () => "'-machine memory-backend' and '-numa memdev' properties are mutually exclusive",
    help: "RAM comes either from one backend or from those of the NUMA nodes.",
  },
  MEMORY_BACKEND_TWICE: {
    text: (id: string) => `memory backend ${id} can't be used multiple times.`,
    help: "Two NUMA nodes name the same memory backend.",
  },
  PC_MEMORY_NOT_LAID: {
    text: (name: string) => `${name} does not exist before the phase 'board'`,
    help: "A plugin reads the memory map before it is laid. Listen for the phase 'board'.",
  },
});

/** The last address of a range that ends before `end`; `end - 1` is not exact beyond 2^53. */
function hexInclusive(end: number): string {
  return `0x${(BigInt(end) - 1n).toString(16)}`;
}
