import type { SubscriberManifest } from "backplane";

const REPORTED = "it is reported, and the machine goes on: each request in that memory is mapped by itself";
const STALE =
  "the memory stays mapped: it is never given back, and the device still reaches what another block will be";

export const vfioPositions: SubscriberManifest = {
  name: "vfio-helpers",
  when: "with a node of the driver nvme",
  blocks: {
    added: {
      does: "maps the whole block, up to the length that it may grow to, at a fixed IOVA",
      needs: ["hostAddress", "maxLength"],
      fails: REPORTED,
      untold:
        "requests in memory that was plugged later are mapped one by one, and fail when the container has no entries left",
    },
    resized: { ignores: "the block was mapped up to maxLength, so its mapping holds whatever its length" },
    idstr: { ignores: "a mapping has no name" },
    migratable: { ignores: "what a device reaches does not depend on what migrates" },
    removed: {
      does: "unmaps the block",
      needs: ["hostAddress"],
      fails: "it is reported; the entry goes with the container",
      untold: STALE,
    },
  },
  hostMappings: {
    added: {
      does: "maps the stretch at a fixed IOVA",
      needs: ["hostAddress", "length"],
      fails: REPORTED,
      untold:
        "requests in mapped foreign memory are mapped one by one, and fail when the container has no entries left",
    },
    removed: {
      does: "unmaps the stretch",
      needs: ["hostAddress"],
      fails: "it is reported; the entry goes with the container",
      untold: STALE,
    },
  },
};
