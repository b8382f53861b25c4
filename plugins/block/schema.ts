// What a node may be told: the peer's BlockdevOptions, for the drivers that are here.
import { q, type StructSchema, type UnionSchema } from "backplane";
import { BLKDEBUG_EVENTS, BLKDEBUG_OPERATIONS } from "./drivers/blkdebug-rules.ts";

/** Drivers of the peer that are not here. */
export const UNMODELLED_DRIVERS = [
  "blklogwrites",
  "blkreplay",
  "blkverify",
  "bochs",
  "cloop",
  "compress",
  "copy-before-write",
  "copy-on-read",
  "dmg",
  "snapshot-access",
  "ftp",
  "ftps",
  "gluster",
  "host_cdrom",
  "host_device",
  "http",
  "https",
  "iscsi",
  "luks",
  "nbd",
  "nfs",
  "parallels",
  "preallocate",
  "qcow",
  "qcow2",
  "qed",
  "quorum",
  "rbd",
  "replication",
  "ssh",
  "throttle",
  "vdi",
  "vhdx",
  "vmdk",
  "vpc",
  "vvfat",
] as const;

const detectZeroes = q.enum("BlockdevDetectZeroesOptions", ["off", "on", "unmap"]);
const onOffAuto = q.enum("OnOffAuto", ["auto", "on", "off"]);
const event = q.enum("BlkdebugEvent", BLKDEBUG_EVENTS);

/** What every node may be told besides its driver. */
export const nodeOptions = {
  "node-name?": q.str,
  "discard?": q.enum("BlockdevDiscardOptions", ["ignore", "unmap"]),
  "cache?": q.struct("BlockdevCacheOptions", { "direct?": q.bool, "no-flush?": q.bool }),
  "active?": q.bool,
  "read-only?": q.bool,
  "auto-read-only?": q.bool,
  "force-share?": q.bool,
  "detect-zeroes?": detectZeroes,
} as const;

const permission = q.enum("BlockPermission", ["consistent-read", "write", "write-unchanged", "resize"]);

const injectError = q.struct("BlkdebugInjectErrorOptions", {
  event,
  "state?": q.int,
  "iotype?": q.enum("BlkdebugIOType", BLKDEBUG_OPERATIONS),
  "errno?": q.int,
  "sector?": q.int,
  "once?": q.bool,
  "immediately?": q.bool,
});
const setState = q.struct("BlkdebugSetStateOptions", { event, "state?": q.int, new_state: q.int });

const nullOptions = q.struct("BlockdevOptionsNull", {
  "size?": q.int,
  "latency-ns?": q.uint(64),
  "read-zeroes?": q.bool,
});

/** A union that refers to itself: nodes below nodes. */
function build(): UnionSchema {
  const branches: Record<string, StructSchema> = {};
  const driver = q.enum("BlockdevDriver", ["blkdebug", "file", "null-aio", "null-co", "nvme", "raw"]);
  const union: UnionSchema = q.union("BlockdevOptions", "driver", { driver, ...nodeOptions }, branches);
  const reference = q.alternate("BlockdevRef", "BlockdevRef", [union, q.str]);
  branches["null-co"] = nullOptions;
  branches["null-aio"] = nullOptions;
  branches["file"] = q.struct("BlockdevOptionsFile", {
    filename: q.str,
    "pr-manager?": q.str,
    "locking?": onOffAuto,
    "aio?": q.enum("BlockdevAioOptions", ["threads", "native", "io_uring"]),
    "aio-max-batch?": q.int,
    "drop-cache?": q.bool,
    "x-check-cache-dropped?": q.bool,
  });
  branches["nvme"] = q.struct("BlockdevOptionsNVMe", { device: q.str, namespace: q.int });
  branches["raw"] = q.struct("BlockdevOptionsRaw", { file: reference, "offset?": q.int, "size?": q.int });
  branches["blkdebug"] = q.struct("BlockdevOptionsBlkdebug", {
    image: reference,
    "config?": q.str,
    "align?": q.int,
    "max-transfer?": q.signed(32),
    "opt-write-zero?": q.signed(32),
    "max-write-zero?": q.signed(32),
    "opt-discard?": q.signed(32),
    "max-discard?": q.signed(32),
    "inject-error?": q.array(injectError),
    "set-state?": q.array(setState),
    "take-child-perms?": q.array(permission),
    "unshare-child-perms?": q.array(permission),
  });
  return union;
}

let schema: UnionSchema | undefined;

export function blockdevOptions(): UnionSchema {
  schema ??= build();
  return schema;
}

/** The options of a driver on its own, with those that every node has. */
export function driverOptions(driver: string): StructSchema | undefined {
  const { branches, base } = blockdevOptions();
  const branch = Object.hasOwn(branches, driver) ? branches[driver] : undefined;
  if (branch?.kind !== "struct") return undefined;
  return { kind: "struct", name: branch.name, members: { ...base, ...branch.members } };
}
