// What the commands answer with and the events carry. Some members belong to ways of migrating that are not there yet
// (VFIO, XBZRLE, postcopy): they are optional, and absent.
import { q } from "backplane";
import { CAPABILITIES } from "./capabilities.ts";
import { SOCKET_ADDRESS } from "./channels.ts";
import { PARAMETERS_SCHEMA } from "./parameters.ts";

export const STATUS = q.enum("MigrationStatus", [
  "none",
  "setup",
  "cancelling",
  "cancelled",
  "active",
  "postcopy-active",
  "postcopy-paused",
  "postcopy-recover-setup",
  "postcopy-recover",
  "completed",
  "failed",
  "colo",
  "pre-switchover",
  "device",
  "wait-unplug",
]);

export const CAPABILITY_STATUSES = q.array(
  q.struct("MigrationCapabilityStatus", {
    capability: q.enum("MigrationCapability", CAPABILITIES, {
      unstable: ["x-colo", "x-ignore-shared"],
      deprecated: ["zero-blocks"],
    }),
    state: q.bool,
  }),
);

const stats = q.struct("MigrationStats", {
  transferred: q.int,
  remaining: q.int,
  total: q.int,
  duplicate: q.int,
  normal: q.int,
  "normal-bytes": q.int,
  "dirty-pages-rate": q.int,
  mbps: q.number,
  "dirty-sync-count": q.int,
  "postcopy-requests": q.int,
  "page-size": q.int,
  "multifd-bytes": q.uint(64),
  "pages-per-second": q.uint(64),
  "precopy-bytes": q.uint(64),
  "downtime-bytes": q.uint(64),
  "postcopy-bytes": q.uint(64),
  "dirty-sync-missed-zero-copy": q.uint(64),
});

const cacheStats = q.struct("XBZRLECacheStats", {
  "cache-size": q.size,
  bytes: q.int,
  pages: q.int,
  "cache-miss": q.int,
  "cache-miss-rate": q.number,
  "encoding-rate": q.number,
  overflow: q.int,
});

export const MIGRATION_INFO = q.struct("MigrationInfo", {
  "status?": STATUS,
  "ram?": stats,
  "vfio?": q.struct("VfioStats", { transferred: q.int }),
  "xbzrle-cache?": cacheStats,
  "total-time?": q.int,
  "expected-downtime?": q.int,
  "downtime?": q.int,
  "setup-time?": q.int,
  "cpu-throttle-percentage?": q.int,
  "error-desc?": q.str,
  "blocked-reasons?": q.array(q.str),
  "postcopy-blocktime?": q.uint(32),
  "postcopy-vcpu-blocktime?": q.array(q.uint(32)),
  "socket-address?": q.array(SOCKET_ADDRESS),
  "dirty-limit-throttle-time-per-round?": q.uint(64),
  "dirty-limit-ring-full-time?": q.uint(64),
});

const text = { schema: q.str, optional: true } as const;

/** As they are set, but that a text is never taken back. */
export const MIGRATION_PARAMETERS = {
  ...PARAMETERS_SCHEMA,
  name: "MigrationParameters",
  members: { ...PARAMETERS_SCHEMA.members, "tls-creds": text, "tls-hostname": text, "tls-authz": text },
} as const;

export const MIGRATION_EVENTS = [
  {
    name: "MIGRATION",
    summary: "The state of a migration has changed; told when the capability `events` is on",
    data: q.struct("q_obj_MIGRATION-arg", { status: STATUS }),
  },
  {
    name: "MIGRATION_PASS",
    summary: "A migration begins another pass over memory; told when the capability `events` is on",
    data: q.struct("q_obj_MIGRATION_PASS-arg", { pass: q.int }),
  },
] as const;
