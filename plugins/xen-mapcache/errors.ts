import { defineErrors, hex } from "backplane";

export const xenMapCacheErrors = defineErrors({
  XEN_GNTTAB_OPEN: {
    text: () => "mapcache: Failed to open gnttab device",
    help: "The host's grant table device could not be opened when the machine started; without it there is no map cache.",
  },
  XEN_ADDRESS_SPACE_LIMIT: {
    text: (limit: number) => `an address space of ${hex(limit)} bytes has no room for a map cache`,
    help: "The limit of the address space leaves nothing after the 80 MiB that the program itself is given.",
    at: "address-space-limit",
    advice: "give at least 96M",
  },
  XEN_HOST_CALL: {
    text: (call: string, reason: string) => `${call}: ${reason}`,
    help: "Xen, or what stands for it, refused to map or unmap memory. Nothing is mapped that was not before.",
  },
  XEN_POPULATE: {
    text: (address: number) => `xen: failed to populate ram at ${address.toString(16)}`,
    help: "The domain was not given pages for a RAM block: it has as many as it may have, or the host has no more.",
  },
  XEN_MAPCACHE_FULL: {
    text: (size: number, held: number, limit: number) =>
      `mapcache: no room for ${hex(size)} bytes: ${hex(held)} of ${hex(limit)} are held`,
    help: "Everything that the map cache may map is locked. Whoever holds windows must give some back.",
  },
  XEN_GRANT_UNLOCKED: {
    text: () => "Tried to access a grant reference without mapping it.",
    help: "Grants are reached through windows that are held, never by single accesses.",
  },
  XEN_PAGE_MISSING: {
    text: (frame: number) => `the guest has no page ${hex(frame)}`,
    help: "A byte of a window was touched behind which the guest has no page: a fault of the bus.",
  },
  XEN_PAGE_READONLY: {
    text: () => "the window is read-only",
    help: "A byte of a grant that is mapped for reading was written: a fault of the segment.",
  },
  XEN_NOT_MODELLED: {
    text: () => "the host has no guest side to ask",
    help: "Grants of a guest can be made by commands only where Xen is modelled.",
  },
  XEN_BYTES: {
    text: () => "Parameter 'bytes' expects pairs of hexadecimal digits, 4096 at most",
    help: "Bytes to write into a window are given as text.",
  },
});
