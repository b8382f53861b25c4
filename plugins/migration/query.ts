import { TARGET_PAGE_SIZE, type JsonObject } from "backplane";
import { clock, type MigrationJob } from "./job.ts";
import type { SectionRegistry } from "./sections.ts";
import type { MigrationProgress } from "./status.ts";

/** The reply to `query-migrate`: what it has depends on the state, as in the peer. */
export function describeMigration(
  progress: MigrationProgress,
  job: MigrationJob | undefined,
  sections: SectionRegistry,
  blocked: readonly string[],
): JsonObject {
  const { status, error } = progress;
  const reasons = blocked.length === 0 ? {} : { "blocked-reasons": blocked };
  if (status === "none") return reasons;
  return {
    ...reasons,
    status,
    ...(job === undefined ? {} : figures(status, job, sections)),
    ...(error === undefined ? {} : { "error-desc": error }),
  };
}

function figures(status: MigrationProgress["status"], job: MigrationJob, sections: SectionRegistry): JsonObject {
  switch (status) {
    case "none":
    case "setup":
    case "failed":
    case "cancelled":
      return {};
    case "completed":
      return {
        "setup-time": job.times.setup,
        downtime: job.times.downtime,
        "total-time": job.times.total,
        ram: ram(job, sections, false),
      };
    case "active":
    case "pre-switchover":
    case "device":
    case "cancelling":
      return {
        "expected-downtime": job.bandwidth.expectedDowntime,
        "setup-time": job.times.setup,
        "total-time": clock() - job.times.start,
        ram: ram(job, sections, true),
      };
  }
}

function ram({ counters, output, bandwidth }: MigrationJob, sections: SectionRegistry, running: boolean): JsonObject {
  const live = sections.live();
  const add = (total: number, value: number): number => total + value;
  return {
    total: live.map(({ section }) => section.total()).reduce(add, 0),
    "postcopy-requests": 0,
    "dirty-sync-count": counters.dirtySyncCount,
    "multifd-bytes": 0,
    "pages-per-second": bandwidth.pagesPerSecond,
    "downtime-bytes": counters.downtimeBytes,
    "page-size": TARGET_PAGE_SIZE,
    remaining: running ? live.map(({ section }) => section.pending()).reduce(add, 0) : 0,
    "postcopy-bytes": 0,
    mbps: bandwidth.mbps,
    transferred: output.transferred,
    "dirty-sync-missed-zero-copy": 0,
    "precopy-bytes": counters.precopyBytes,
    duplicate: counters.duplicate,
    "dirty-pages-rate": running ? counters.dirtyPagesRate : 0,
    "normal-bytes": counters.normal * TARGET_PAGE_SIZE,
    normal: counters.normal,
  };
}
