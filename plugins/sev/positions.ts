import type { SubscriberManifest } from "backplane";

/** RAM that an encrypted guest may use is pinned: a page of cipher text cannot be moved or swapped. */
export const sevPositions: SubscriberManifest = {
  name: "sev",
  when: "with a sev-guest that is the machine's confidential-guest-support, on a host with KVM",
  blocks: {
    added: {
      does: "registers the whole block with KVM, which pins it; memory of devices (RAM devices) is left out",
      needs: ["hostAddress", "maxLength", "region"],
      fails: "ends the machine: at start it is not built, later the process ends",
      untold: "the block is not pinned: its pages may move, and the guest decrypts garbage",
    },
    resized: { ignores: "the block was registered with its maximum length, which does not change" },
    idstr: { ignores: "KVM knows memory by its address" },
    migratable: { ignores: "a guest whose memory is encrypted does not migrate" },
    removed: {
      does: "unregisters the block, which unpins it",
      needs: ["hostAddress", "maxLength", "region"],
      fails: "is reported; the memory stays pinned until the virtual machine is destroyed",
      untold: "the memory stays pinned for good, and counts against the limit on locked memory",
    },
  },
  hostMappings: {
    added: {
      does: "registers the mapping with KVM, as a block",
      needs: ["hostAddress", "length"],
      fails: "ends the machine, as for a block",
      untold: "guest memory that is reached through the mapping is not pinned",
    },
    removed: {
      does: "unregisters the mapping",
      needs: ["hostAddress", "length"],
      fails: "is reported; the memory stays pinned until the virtual machine is destroyed",
      untold: "the memory stays pinned for good, and counts against the limit on locked memory",
    },
  },
};
