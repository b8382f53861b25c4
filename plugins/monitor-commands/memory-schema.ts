import { q } from "backplane";

export const MEMDEV = q.struct("Memdev", {
  "id?": q.str,
  size: q.size,
  merge: q.bool,
  dump: q.bool,
  prealloc: q.bool,
  share: q.bool,
  "reserve?": q.bool,
  "host-nodes": q.array(q.uint(16)),
  policy: q.enum("HostMemPolicy", ["default", "preferred", "bind", "interleave"]),
});

const dimm = q.struct("PCDIMMDeviceInfoWrapper", {
  data: q.struct("PCDIMMDeviceInfo", {
    "id?": q.str,
    addr: q.int,
    size: q.int,
    slot: q.int,
    node: q.int,
    memdev: q.str,
    hotplugged: q.bool,
    hotpluggable: q.bool,
  }),
});

/** Kinds that no plugin makes are no part of it. */
export const MEMORY_DEVICE = q.union(
  "MemoryDeviceInfo",
  "type",
  { type: q.enum("MemoryDeviceInfoKind", ["dimm", "nvdimm"]) },
  { dimm, nvdimm: dimm },
);
