import type { SubscriberManifest } from "backplane";

/** What NVMM's subscriber does about blocks; the peer's has `added` only. */
export const nvmmHears: readonly SubscriberManifest[] = [
  {
    name: "nvmm",
    when: "with the key `nvmm`",
    blocks: {
      added: {
        does: "registers the block's memory with the host, as large as the block may become",
        needs: ["hostAddress", "maxLength", "usedLength"],
        fails: "the failure is logged and the machine goes on; the guest is not shown the block, each try is logged",
        untold: "the guest is not shown the block's memory: nothing is registered that a guest mapping could refer to",
      },
      resized: { ignores: "the largest size is registered from the start, and its address never changes" },
      idstr: { ignores: "the host knows addresses, not names" },
      migratable: { ignores: "a machine under NVMM does not migrate" },
      removed: {
        does: "takes the registration back (with `removal: qemu-10.0` there is no callback, as in the peer)",
        needs: ["hostAddress", "maxLength"],
        fails: "the failure is logged and the registration stays until the machine ends",
        untold:
          "the registration stays, one of 32; a later block at the same address is registered above it, and the guest is shown the stale memory, or none",
      },
    },
    hostMappings: {
      added: { ignores: "what is no RAM block stands nowhere in the guest's memory map" },
      removed: { ignores: "it was not registered" },
    },
  },
];
