// What the block layer's queries answer with, as far as drivers are here: what only others tell (snapshots of qcow2,
// LUKS slots, …) is left out of the unions.
import { q, type Schema } from "backplane";

const DETECT_ZEROES = q.enum("BlockdevDetectZeroesOptions", ["off", "on", "unmap"]);

const snapshot = q.struct("SnapshotInfo", {
  id: q.str,
  name: q.str,
  "vm-state-size": q.int,
  "date-sec": q.int,
  "date-nsec": q.int,
  "vm-clock-sec": q.int,
  "vm-clock-nsec": q.int,
  "icount?": q.int,
});

const formatSpecific = q.union(
  "ImageInfoSpecific",
  "type",
  { type: q.enum("ImageInfoSpecificKind", ["file"]) },
  {
    file: q.struct("ImageInfoSpecificFileWrapper", {
      data: q.struct("ImageInfoSpecificFile", { "extent-size-hint?": q.size }),
    }),
  },
);

const image = q.struct("ImageInfo", {
  filename: q.str,
  format: q.str,
  "dirty-flag?": q.bool,
  "actual-size?": q.int,
  "virtual-size": q.int,
  "cluster-size?": q.int,
  "encrypted?": q.bool,
  "compressed?": q.bool,
  "backing-filename?": q.str,
  "full-backing-filename?": q.str,
  "backing-filename-format?": q.str,
  "snapshots?": q.array(snapshot),
  "format-specific?": formatSpecific,
  "backing-image?": q.later((): Schema => image),
});

const cache = q.struct("BlockdevCacheInfo", { writeback: q.bool, direct: q.bool, "no-flush": q.bool });

const dirtyBitmap = q.struct("BlockDirtyInfo", {
  "name?": q.str,
  count: q.int,
  granularity: q.uint(32),
  recording: q.bool,
  busy: q.bool,
  persistent: q.bool,
  "inconsistent?": q.bool,
});

const device = q.struct("BlockDeviceInfo", {
  file: q.str,
  "node-name?": q.str,
  ro: q.bool,
  drv: q.str,
  "backing_file?": q.str,
  backing_file_depth: q.int,
  active: q.bool,
  encrypted: q.bool,
  detect_zeroes: DETECT_ZEROES,
  bps: q.int,
  bps_rd: q.int,
  bps_wr: q.int,
  iops: q.int,
  iops_rd: q.int,
  iops_wr: q.int,
  image,
  "bps_max?": q.int,
  "bps_rd_max?": q.int,
  "bps_wr_max?": q.int,
  "iops_max?": q.int,
  "iops_rd_max?": q.int,
  "iops_wr_max?": q.int,
  "bps_max_length?": q.int,
  "bps_rd_max_length?": q.int,
  "bps_wr_max_length?": q.int,
  "iops_max_length?": q.int,
  "iops_rd_max_length?": q.int,
  "iops_wr_max_length?": q.int,
  "iops_size?": q.int,
  "group?": q.str,
  cache,
  write_threshold: q.int,
  "dirty-bitmaps?": q.array(dirtyBitmap),
});

const ioStatus = q.enum("BlockDeviceIoStatus", ["ok", "failed", "nospace"]);

/** `query-named-block-nodes`. */
export const NODES = q.array(device);

/** `query-block`. */
export const DRIVES = q.array(
  q.struct("BlockInfo", {
    device: q.str,
    "qdev?": q.str,
    type: q.str,
    removable: q.bool,
    locked: q.bool,
    "inserted?": device,
    "tray_open?": q.bool,
    "io-status?": ioStatus,
  }),
);

const timedStats = q.struct("BlockDeviceTimedStats", {
  interval_length: q.int,
  min_rd_latency_ns: q.int,
  max_rd_latency_ns: q.int,
  avg_rd_latency_ns: q.int,
  min_wr_latency_ns: q.int,
  max_wr_latency_ns: q.int,
  avg_wr_latency_ns: q.int,
  min_zone_append_latency_ns: q.int,
  max_zone_append_latency_ns: q.int,
  avg_zone_append_latency_ns: q.int,
  min_flush_latency_ns: q.int,
  max_flush_latency_ns: q.int,
  avg_flush_latency_ns: q.int,
  avg_rd_queue_depth: q.number,
  avg_wr_queue_depth: q.number,
  avg_zone_append_queue_depth: q.number,
});

const histogram = q.struct("BlockLatencyHistogramInfo", { boundaries: q.array(q.uint(64)), bins: q.array(q.uint(64)) });

const stats = q.struct("BlockDeviceStats", {
  rd_bytes: q.int,
  wr_bytes: q.int,
  zone_append_bytes: q.int,
  unmap_bytes: q.int,
  rd_operations: q.int,
  wr_operations: q.int,
  zone_append_operations: q.int,
  flush_operations: q.int,
  unmap_operations: q.int,
  rd_total_time_ns: q.int,
  wr_total_time_ns: q.int,
  zone_append_total_time_ns: q.int,
  flush_total_time_ns: q.int,
  unmap_total_time_ns: q.int,
  wr_highest_offset: q.int,
  rd_merged: q.int,
  wr_merged: q.int,
  zone_append_merged: q.int,
  unmap_merged: q.int,
  "idle_time_ns?": q.int,
  failed_rd_operations: q.int,
  failed_wr_operations: q.int,
  failed_zone_append_operations: q.int,
  failed_flush_operations: q.int,
  failed_unmap_operations: q.int,
  invalid_rd_operations: q.int,
  invalid_wr_operations: q.int,
  invalid_zone_append_operations: q.int,
  invalid_flush_operations: q.int,
  invalid_unmap_operations: q.int,
  account_invalid: q.bool,
  account_failed: q.bool,
  timed_stats: q.array(timedStats),
  "rd_latency_histogram?": histogram,
  "wr_latency_histogram?": histogram,
  "zone_append_latency_histogram?": histogram,
  "flush_latency_histogram?": histogram,
});

const driverStats = q.union(
  "BlockStatsSpecific",
  "driver",
  { driver: q.enum("BlockStatsDriver", ["file", "nvme"]) },
  {
    file: q.struct("BlockStatsSpecificFile", {
      "discard-nb-ok": q.uint(64),
      "discard-nb-failed": q.uint(64),
      "discard-bytes-ok": q.uint(64),
    }),
    nvme: q.struct("BlockStatsSpecificNvme", {
      "completion-errors": q.uint(64),
      "aligned-accesses": q.uint(64),
      "unaligned-accesses": q.uint(64),
    }),
  },
);

const blockStats = q.struct("BlockStats", {
  "device?": q.str,
  "qdev?": q.str,
  "node-name?": q.str,
  stats,
  "driver-specific?": driverStats,
  "parent?": q.later((): Schema => blockStats),
  "backing?": q.later((): Schema => blockStats),
});

/** `query-blockstats`. */
export const STATISTICS = q.array(blockStats);

const jobType = q.enum("JobType", [
  "commit",
  "stream",
  "mirror",
  "backup",
  "create",
  "amend",
  "snapshot-load",
  "snapshot-save",
  "snapshot-delete",
]);

const jobStatus = q.enum("JobStatus", [
  "undefined",
  "created",
  "running",
  "paused",
  "ready",
  "standby",
  "waiting",
  "pending",
  "aborting",
  "concluded",
  "null",
]);

/** `query-block-jobs`. */
export const BLOCK_JOBS = q.array(
  q.union(
    "BlockJobInfo",
    "type",
    {
      type: jobType,
      device: q.str,
      len: q.int,
      offset: q.int,
      busy: q.bool,
      paused: q.bool,
      speed: q.int,
      "io-status": ioStatus,
      ready: q.bool,
      status: jobStatus,
      "auto-finalize": q.bool,
      "auto-dismiss": q.bool,
      "error?": q.str,
    },
    {
      mirror: q.struct("BlockJobInfoMirror", { "actively-synced": q.bool }),
    },
  ),
);

/** `query-jobs`. */
export const JOBS = q.array(
  q.struct("JobInfo", {
    id: q.str,
    type: jobType,
    status: jobStatus,
    "current-progress": q.int,
    "total-progress": q.int,
    "error?": q.str,
  }),
);

/** `query-block-exports`. */
export const EXPORTS = q.array(
  q.struct("BlockExportInfo", {
    id: q.str,
    type: q.enum("BlockExportType", ["nbd", "vhost-user-blk", "fuse", "vduse-blk"]),
    "node-name": q.str,
    "shutting-down": q.bool,
  }),
);
