import { hostFaultsOption } from "backplane";
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const size = v.union([count, v.string()]);

export const xenMapCacheOptions = v.strictObject({
  /** The guest's domain. */
  domain: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0x7fef)), 1),
  /** Of a `long` of the host: buckets of 1 MiB and 32 GiB in all, or of 64 KiB and 2 GiB. */
  "long-bits": v.optional(v.picklist([32, 64]), 64),
  /** RLIMIT_AS of a process that is not root's, at least 96 MiB. */
  "address-space-limit": v.exactOptional(size),
  /** Which window makes room for another. `qemu-10.0`: the first of the bucket that nobody holds, without a limit. */
  replacement: v.optional(v.picklist(["lru", "qemu-10.0"]), "lru"),
  /** `qemu-10.0`: windows that an invalidation of all takes are not retracted, and dummies are announced. */
  announcements: v.optional(v.picklist(["paired", "qemu-10.0"]), "paired"),
  /** What follows when the host refuses. `qemu-10.0`: the machine ends. */
  failures: v.optional(v.picklist(["told", "qemu-10.0"]), "told"),
  /** Pages that the domain may have in all; no limit by default. */
  "max-pages": v.exactOptional(count),
  /** Grants of one mapping: gntdev's parameter `limit`. */
  "max-grants": v.optional(v.pipe(count, v.minValue(1)), 64 * 1024),
  faults: hostFaultsOption,
});

export type XenMapCacheOptions = v.InferOutput<typeof xenMapCacheOptions>;
