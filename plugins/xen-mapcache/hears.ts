import type { SubscriberManifest } from "backplane";

/** The map cache publishes host mappings of its own; of blocks it hears what the peer's `xen_ram_alloc` is told directly. */
export const xenMapCacheHears: readonly SubscriberManifest[] = [
  {
    name: "xen-mapcache",
    when: "with the key `xen-mapcache`",
    blocks: {
      added: {
        does: "has the guest's domain get pages for the block, as many as it may ever have",
        needs: ["offset", "maxLength"],
        fails: "the block is refused, with whatever wanted it",
        untold: "the domain has no pages for the block: no window can be mapped on it, and a device gets no address",
      },
      resized: { ignores: "the domain has pages for the largest size" },
      idstr: { ignores: "the domain knows frames by number, not by name" },
      migratable: { ignores: "what of a guest migrates is the toolstack's affair" },
      removed: {
        does: "takes away the windows on the block that nobody holds",
        needs: ["offset", "maxLength"],
        fails: "the host keeps the window until the machine ends; the block goes",
        untold:
          "a window stays, and the next block at the same place is read and written through it in pages that are no longer the guest's",
      },
    },
    hostMappings: {
      added: { ignores: "it is the one who publishes" },
      removed: { ignores: "it is the one who retracts" },
    },
  },
];
