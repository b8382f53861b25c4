import { q } from "backplane";
import { SYSTEM_TARGET } from "./system-target.ts";

/** Where a processor is. */
export const CPU_PLACE = q.struct("CpuInstanceProperties", {
  "node-id?": q.int,
  "drawer-id?": q.int,
  "book-id?": q.int,
  "socket-id?": q.int,
  "die-id?": q.int,
  "cluster-id?": q.int,
  "module-id?": q.int,
  "core-id?": q.int,
  "thread-id?": q.int,
});

export const HOTPLUGGABLE_CPUS = q.array(
  q.struct("HotpluggableCPU", { type: q.str, "vcpus-count": q.int, props: CPU_PLACE, "qom-path?": q.str }),
);

export const CPUS_FAST = q.array(
  q.union(
    "CpuInfoFast",
    "target",
    { "cpu-index": q.int, "qom-path": q.str, "thread-id": q.int, "props?": CPU_PLACE, target: SYSTEM_TARGET },
    {
      s390x: q.struct("CpuInfoS390", {
        "cpu-state": q.enum("S390CpuState", ["uninitialized", "stopped", "check-stop", "operating", "load"]),
        "dedicated?": q.bool,
        "entitlement?": q.enum("S390CpuEntitlement", ["auto", "low", "medium", "high"]),
      }),
    },
  ),
);
