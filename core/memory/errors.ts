import { defineErrors } from "../errors.ts";

const hex = (value: number): string => `0x${value.toString(16)}`;

export const memoryErrors = defineErrors({
  ADDRESS_INVALID: {
    text: (value: number) => `${value} is not an address or length (a whole number from 0 to 2^53)`,
    help: "An address or length was negative, fractional or beyond 2^53.",
  },
  HOST_MEMORY_RANGE: {
    text: (offset: number, size: number, length: number) =>
      `${size} bytes at ${hex(offset)} leave the ${hex(length)} bytes of host memory`,
    help: "An access left the memory behind a RAM block, or came after the memory was given back. The caller's offset is wrong, or it keeps a block that was freed.",
  },
  HOST_MEMORY_FILE: {
    text: (path: string, reason: string) => `can't open backing store ${path} for guest RAM: ${reason}`,
    help: "The file behind a memory backend could not be opened or created. Check the path and its permissions.",
    at: "mem-path",
  },
  HOST_MEMORY_FILE_TOO_SMALL: {
    text: (region: string, fileSize: number, size: number, offset: number) =>
      `${region} backing store size ${hex(fileSize)} is too small for 'size' option ${hex(size)} plus 'offset' option ${hex(offset)}`,
    help: "The file behind a memory backend has content, but is shorter than the memory. Make the file longer, or the memory smaller.",
    at: "size",
    advice: "make the file longer, or the size smaller; an empty or absent file gets its length by itself",
  },
  HOST_MEMORY_READONLY: {
    text: (path: string) => `the mapping of ${path} is read-only`,
    help: "Something wrote to shared file-backed memory that was opened with readonly=on.",
  },
  SHARED_MEMORY_UNAVAILABLE: {
    text: (reason: string) => `share=on needs the optional package 'koffi', which cannot be loaded: ${reason}`,
    help: "Memory that other processes share is mapped through koffi. Install it (`npm install koffi`), or use share=off.",
  },
  SHARED_MEMORY_MAP: {
    text: (what: string, call: string, reason: string) =>
      `can't map backing store ${what} for guest RAM: ${call}: ${reason}`,
    help: "The host's kernel refused a shared mapping. The reason is the kernel's.",
  },
  RAM_BLOCK_SIZE: {
    text: (name: string, size: number, maxSize: number) =>
      `RAM block '${name}' cannot have ${hex(size)} bytes of at most ${hex(maxSize)}`,
    help: "A RAM block needs at least one byte, and its size must not exceed its maximum or the host memory that was given for it.",
  },
  RAM_BLOCK_DUPLICATE: {
    text: (idstr: string) => `RAMBlock "${idstr}" already registered, abort!`,
    help: "Two RAM blocks of one machine were to have the same name. Give one of the devices or backends another id.",
  },
  RAM_BLOCK_MISMATCH: {
    text: (idstr: string, size: number, used: number) =>
      `Size mismatch: ${idstr}: ${hex(size)} != ${hex(used)}: Invalid argument`,
    help: "A RAM block of fixed size was to get another size: usually source and destination of a migration were started with different memory sizes.",
  },
  RAM_BLOCK_RESIZE: {
    text: (idstr: string, size: number, maxSize: number) =>
      `Size too large: ${idstr}: ${hex(size)} > ${hex(maxSize)}: Invalid argument`,
    help: "A resizeable RAM block was to grow beyond the maximum that was reserved for it.",
  },
  RAM_BLOCK_UNKNOWN: {
    text: (name: string) => `RAM block '${name}' is not in this machine's list`,
    help: "A RAM block was used after it was freed, or with another machine's list.",
  },
  RAM_BLOCK_BUSY: {
    text: (name: string, change: string, telling: string) =>
      `RAM block '${name}' cannot be ${change} while its notifiers are being told '${telling}'`,
    help: "A notifier tried to make a change to the very block that it was being told of, of a kind that would give the notifiers behind it a wrong picture. Make the change after the notification has ended.",
  },
  NOTIFIER_FAILED: {
    text: (notifier: string, kind: string, block: string, reason: string) =>
      `notifier '${notifier}' failed when told '${kind}' of '${block}': ${reason}`,
    help: "A RAM block notifier (or host mapping notifier) threw. All others were told; the change itself took place, except that an allocation is taken back. The cause is the notifier's own error.",
  },
  NOTIFIER_REGISTERED_TWICE: {
    text: (notifier: string) => `notifier '${notifier}' is registered already`,
    help: "The same notifier object was added twice. Dispose its first registration before adding it again.",
  },
  MEMORY_REGION_CONTAINED: {
    text: (region: string, container: string) => `memory region '${region}' stands in '${container}' already`,
    help: "A region can stand in one container only. Remove it there first, or make an alias of it.",
  },
  MEMORY_REGION_NOT_CONTAINED: {
    text: (region: string, container: string) => `memory region '${region}' does not stand in '${container}'`,
    help: "A region was to be removed from a container that does not hold it.",
  },
  MEMORY_REGION_CYCLE: {
    text: (region: string, container: string) =>
      `memory region '${region}' cannot stand in '${container}': it contains it`,
    help: "A region was to be placed inside itself, directly or through its containers.",
  },
  MEMORY_REGION_KIND: {
    text: (region: string, kind: string, wanted: string) =>
      `memory region '${region}' is of kind '${kind}', not '${wanted}'`,
    help: "An operation was used on a kind of region that has no use for it (an alias offset on a region that is no alias, a subregion in an alias).",
  },
  NOTIFIER_POLICY_LATE: {
    text: (policy: string) => `notifiers cannot be told as '${policy}' has it: there are RAM blocks already`,
    help: "What the registry of RAM block notifiers tells is chosen while plugins are attached, before there is a RAM block: a notifier must not be told of one half of a block's life.",
  },
  HOST_ADDRESS_UNMAPPED: {
    text: (address: number) => `nothing lies at host address ${hex(address)}`,
    help: "Memory was reached through a host address that belongs to no RAM block and to nothing else of the machine: whoever mapped it kept the mapping for too long.",
  },
  RAM_DISCARD_BUSY: {
    text: (who: string, others: readonly string[]) =>
      `${who} and ${others.join(", ")} exclude each other: one needs memory to stay, the other to be given back`,
    help: "Memory that a device reaches by itself must not be given back to the host, and a device that lives from giving it back is in the machine as well. Leave one of them out.",
  },
  DIRTY_LOG_TAKEN: {
    text: (client: string) => `dirty pages are being logged for '${client}' already`,
    help: "Each client of dirty logging has one user at a time. Dispose the first log.",
  },
});
