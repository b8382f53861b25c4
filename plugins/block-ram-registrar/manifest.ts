import type { SubscriberManifest } from "backplane";
import { SUBSCRIBER } from "./registrar.ts";

export const registrarManifest: SubscriberManifest = {
  name: SUBSCRIBER,
  when: "once for each virtio-blk device",
  blocks: {
    added: {
      does: "registers the block's whole reserve with the block backend",
      needs: ["hostAddress", "maxLength", "host"],
      fails: "it says so, unregisters everything and never tries again; requests are copied from then on",
      untold: "requests into memory that was plugged later are copied",
    },
    resized: { ignores: "the whole reserve is registered" },
    idstr: { ignores: "a buffer has an address and no name" },
    migratable: { ignores: "a buffer is there whether or not it migrates" },
    removed: {
      does: "unregisters the block's memory",
      needs: ["hostAddress", "maxLength"],
      fails: "cannot fail: the slot stays taken until the ring goes",
      untold: "memory that went stays registered, and pinned",
    },
  },
  hostMappings: {
    added: {
      does: "registers the mapping: where guest memory is reached through mappings, requests lie in them",
      needs: ["hostAddress", "length"],
      fails: "as with a block",
      untold: "requests through mappings meet memory that the backend does not know",
    },
    removed: {
      does: "unregisters the mapping",
      needs: ["hostAddress", "length"],
      fails: "as with a block",
      untold: "an unmapped mapping stays registered, and pinned",
    },
  },
};
