import { q } from "backplane";
import type { AddCommand } from "./add-command.ts";

const PROVIDER = q.enum("StatsProvider", ["kvm", "cryptodev"]);
const TARGET = q.enum("StatsTarget", ["vm", "vcpu", "cryptodev"]);

const stats = q.struct("Stats", {
  name: q.str,
  value: q.alternate("StatsValue", "StatsValue", [q.uint(64), q.bool, q.array(q.uint(64))]),
});

const schemaValue = q.struct("StatsSchemaValue", {
  name: q.str,
  type: q.enum("StatsType", ["cumulative", "instant", "peak", "linear-histogram", "log2-histogram"]),
  "unit?": q.enum("StatsUnit", ["bytes", "seconds", "cycles", "boolean"]),
  "base?": q.signed(8),
  exponent: q.signed(16),
  "bucket-size?": q.uint(32),
});

/** Figures of the peer's providers: KVM and cryptographic devices. A machine here has neither, so there are none. */
export function statistics(add: AddCommand): void {
  add({
    name: "query-stats",
    summary: "Figures of the machine, its processors or its cryptographic devices; nobody provides any",
    arguments: q.union(
      "StatsFilter",
      "target",
      {
        target: TARGET,
        "providers?": q.array(q.struct("StatsRequest", { provider: PROVIDER, "names?": q.array(q.str) })),
      },
      { vcpu: q.struct("StatsVCPUFilter", { "vcpus?": q.array(q.str) }) },
    ),
    result: q.array(q.struct("StatsResult", { provider: PROVIDER, "qom-path?": q.str, stats: q.array(stats) })),
    run: () => [],
  });
  add({
    name: "query-stats-schemas",
    summary: "What figures there are; nobody provides any",
    arguments: q.struct("q_obj_query-stats-schemas-arg", { "provider?": PROVIDER }),
    result: q.array(q.struct("StatsSchema", { provider: PROVIDER, target: TARGET, stats: q.array(schemaValue) })),
    run: () => [],
  });
}
