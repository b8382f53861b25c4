import type { SubscriberManifest } from "backplane";

export const VMGENID_HEARS: SubscriberManifest = {
  name: "vmgenid",
  when: "with a vmgenid device",
  blocks: {
    added: { ignores: "the guest has its GUID in memory that was there when its firmware chose the place" },
    resized: { ignores: "firmware puts the GUID into memory that keeps its size" },
    idstr: { ignores: "the GUID is found by its guest address, whatever the block is called" },
    migratable: {
      does: "forgets where the guest has its GUID when the memory that it is in is unplugged, and so no longer migrates",
      needs: ["migratable"],
      fails: "it cannot fail",
      untold:
        "a stream carries the address although not the memory: the destination writes 16 bytes over what it has there",
    },
    removed: {
      does: "forgets where the guest has its GUID when the memory that it is in goes",
      needs: [],
      fails: "it cannot fail",
      untold: "the address outlives its memory: 16 bytes are written over what takes its place",
    },
  },
};
