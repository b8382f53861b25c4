import * as v from "valibot";
import { hostFaultsOption } from "backplane";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const address = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const bytes = v.pipe(v.number(), v.integer(), v.minValue(1));

const range = v.pipe(
  v.strictObject({ start: address, end: address }),
  v.check(({ start, end }) => start <= end, "a range that starts before it ends"),
);

function ascend(ranges: readonly v.InferOutput<typeof range>[]): boolean {
  return ranges.every(({ start }, index) => index === 0 || start > (ranges[index - 1]?.end ?? 0));
}

const namespace = v.pipe(
  v.strictObject({
    /** Relative to the working directory. It must exist; its length, whole blocks, is the namespace's. */
    file: v.exactOptional(v.string()),
    /** Bytes of a namespace in memory, which goes with the machine. */
    size: v.exactOptional(bytes),
    blockSize: v.optional(v.picklist([512, 1024, 2048, 4096]), 512),
    readOnly: v.optional(v.boolean(), false),
  }),
  v.check(({ file, size }) => (file === undefined) !== (size === undefined), "a namespace has either a file or a size"),
);

const nvme = v.strictObject({
  kind: v.literal("nvme"),
  /** `0000:01:00.0` */
  address: v.string(),
  namespaces: v.pipe(v.array(namespace), v.minLength(1), v.maxLength(256)),
  serial: v.optional(v.pipe(v.string(), v.maxLength(20)), "backplane"),
  model: v.optional(v.pipe(v.string(), v.maxLength(40)), "Backplane NVMe Controller"),
  /** The largest transfer, as a power of two of pages of 4 KiB; 0: no limit. */
  mdts: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(11)), 7),
  /** Doorbells stand 4 << stride bytes apart. */
  doorbellStride: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8)), 0),
  queueEntries: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(65536)), 2048),
  /** It has a volatile write cache that can be turned off. */
  writeCache: v.optional(v.boolean(), true),
  /** How long it takes to become ready, and what it says that it takes at most. */
  readyAfterMs: v.optional(count, 2),
  readyTimeoutMs: v.optional(count, 7500),
  /** Default: a group of its own. */
  group: v.exactOptional(count),
  /** Another device of its group is bound to a driver of the host. */
  viable: v.optional(v.boolean(), true),
});

export const vfioOptions = v.strictObject({
  devices: v.optional(v.array(nvme), []),
  /** Usable IOVAs of the modelled IOMMU, both ends inclusive; default 48 bits without the window of message signalled interrupts. */
  ranges: v.exactOptional(
    v.pipe(
      v.array(range),
      v.minLength(1),
      v.check((all) => ascend(all), "ranges that ascend and do not overlap"),
    ),
  ),
  /** `dma_entry_limit` of the host's module. */
  entryLimit: v.optional(count, 65535),
  /** RLIMIT_MEMLOCK in bytes; absent: none. */
  memlockLimit: v.exactOptional(bytes),
  faults: hostFaultsOption,
});
export type VfioOptions = v.InferOutput<typeof vfioOptions>;
export type NvmeDeviceOption = VfioOptions["devices"][number];
