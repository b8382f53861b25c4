// What monitors are told of drives and nodes.
import type { JsonObject, JsonValue } from "backplane";
import type { Backend } from "./backend.ts";
import type { BlockCounters } from "./contract.ts";
import type { GraphNode } from "./node.ts";

/** Drives, and what devices made for themselves. */
export function blockInfo(backend: Backend): JsonObject {
  const { user, node } = backend;
  const removable = user === undefined || user.removable === true;
  return {
    device: backend.name,
    ...(user === undefined ? {} : { qdev: qdevOf(backend) }),
    type: "unknown",
    removable,
    locked: user?.tray?.locked ?? false,
    ...(node === undefined ? {} : { inserted: deviceInfo(node, backend) }),
    ...(user?.tray === undefined ? {} : { tray_open: user.tray.open }),
    ...(user !== undefined && stopsMachine(backend) ? { "io-status": backend.ioStatus } : {}),
  };
}

/** Only then there is something to tell: a fault that is reported or ignored is over. */
function stopsMachine({ policy }: Backend): boolean {
  return policy.write === "enospc" || policy.write === "stop" || policy.read === "stop";
}

export function qdevOf({ user }: Backend): string {
  return user?.device.id ?? user?.device.path ?? "";
}

/** Nodes below that are filters' data are told as what they stand on. */
function depthOf(node: GraphNode): number {
  const below = node.child("image");
  return below === undefined ? 0 : 1 + depthOf(below);
}

export function deviceInfo(node: GraphNode, backend: Backend | undefined, flat = false): JsonObject {
  return {
    file: node.filename,
    "node-name": node.nodeName,
    ro: node.readOnly,
    drv: node.driver,
    backing_file_depth: flat ? 0 : depthOf(node),
    active: true,
    encrypted: false,
    detect_zeroes: node.detectZeroes,
    bps: 0,
    bps_rd: 0,
    bps_wr: 0,
    iops: 0,
    iops_rd: 0,
    iops_wr: 0,
    image: imageInfo(node, flat),
    cache: { writeback: backend?.writeCache ?? true, direct: node.cache.direct, "no-flush": node.cache.noFlush },
    write_threshold: 0,
  };
}

function imageInfo(node: GraphNode, flat: boolean): JsonObject {
  const { allocated, specific } = node;
  const below = node.child("image");
  const onFile = isOnFile(node);
  return {
    filename: node.filename,
    format: node.driver,
    ...(onFile ? { "dirty-flag": false } : {}),
    ...(allocated === undefined ? {} : { "actual-size": allocated }),
    "virtual-size": node.length,
    ...(specific === undefined ? {} : { "format-specific": specific }),
    ...(below === undefined || flat ? {} : { "backing-image": imageInfo(below, flat) }),
  };
}

function isOnFile(node: GraphNode): boolean {
  return node.driver === "file" || node.child("file")?.driver === "file";
}

const NONE: BlockCounters = { operations: 0, bytes: 0, failed: 0, invalid: 0, totalNs: 0 };

function statistics(backend: Backend | undefined, node: GraphNode | undefined, now: number): JsonObject {
  const { read = NONE, write = NONE, flush = NONE, unmap = NONE } = backend?.statistics ?? {};
  return {
    rd_bytes: read.bytes,
    wr_bytes: write.bytes,
    zone_append_bytes: 0,
    unmap_bytes: unmap.bytes,
    rd_operations: read.operations,
    wr_operations: write.operations,
    zone_append_operations: 0,
    flush_operations: flush.operations,
    unmap_operations: unmap.operations,
    rd_total_time_ns: read.totalNs,
    wr_total_time_ns: write.totalNs,
    zone_append_total_time_ns: 0,
    flush_total_time_ns: flush.totalNs,
    unmap_total_time_ns: unmap.totalNs,
    wr_highest_offset: node?.writtenUpTo ?? 0,
    rd_merged: 0,
    wr_merged: 0,
    zone_append_merged: 0,
    unmap_merged: 0,
    ...(backend?.lastAccess === undefined ? {} : { idle_time_ns: now - backend.lastAccess }),
    failed_rd_operations: read.failed,
    failed_wr_operations: write.failed,
    failed_zone_append_operations: 0,
    failed_flush_operations: flush.failed,
    failed_unmap_operations: unmap.failed,
    invalid_rd_operations: read.invalid,
    invalid_wr_operations: write.invalid,
    invalid_zone_append_operations: 0,
    invalid_flush_operations: flush.invalid,
    invalid_unmap_operations: unmap.invalid,
    account_invalid: backend?.settings.accountInvalid ?? false,
    account_failed: backend?.settings.accountFailed ?? false,
    timed_stats: [],
  };
}

export function nodeStatistics(node: GraphNode, now: number): JsonObject {
  const parent = node.child("file") ?? node.child("image");
  const specific = node.driverStatistics;
  return {
    "node-name": node.nodeName,
    stats: statistics(undefined, node, now),
    ...(specific === undefined ? {} : { "driver-specific": specific }),
    ...(parent === undefined ? {} : { parent: nodeStatistics(parent, now) }),
  };
}

export function backendStatistics(backend: Backend, now: number): JsonObject {
  const { node } = backend;
  const own: { readonly [key: string]: JsonValue | undefined } = node === undefined ? {} : nodeStatistics(node, now);
  const { "node-name": nodeName, stats: _replaced, ...rest } = own;
  return {
    device: backend.name,
    ...(backend.user === undefined ? {} : { qdev: qdevOf(backend) }),
    ...(nodeName === undefined ? {} : { "node-name": nodeName }),
    stats: statistics(backend, node, now),
    ...rest,
  };
}
