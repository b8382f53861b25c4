import { defineErrors } from "backplane";

export const virtioErrors = defineErrors({
  VIRTIO_NO_MODE: {
    text: () => "device cannot work as neither modern nor legacy mode is enabled",
    help: "Both `disable-legacy` and `disable-modern` of a virtio device are on.",
    hints: ["Set either disable-modern or disable-legacy to off"],
  },
  VIRTIO_LEGACY_REFUSED: {
    text: () => "device is modern-only, use disable-legacy=on",
    help: "The kind of virtio device never had a legacy interface.",
  },
  VIRTIO_REQUESTS_HELD: {
    text: (device: string) => `requests of ${device} are held back by their error policy`,
    help: "A drive's `werror` or `rerror` has stopped requests, which a migration does not carry here. Continue the machine first.",
  },
  VIRTIO_RNG_PERIOD: {
    text: () => "'period' parameter expects a positive integer",
    help: "The time in which `max-bytes` may be given out is zero.",
    at: "period",
  },
  VIRTIO_RNG_BYTES: {
    text: () => "'max-bytes' parameter must be positive, and less than 2^63",
    help: "A source of nothing was asked for.",
    at: "max-bytes",
  },
  VIRTIO_BLK_NO_DRIVE: {
    text: () => "drive property not set",
    help: "A block device needs `drive`, the id of a `-drive` or the name of a node.",
    at: "drive",
  },
  VIRTIO_BLK_EMPTY: {
    text: () => "Device needs media, but drive is empty",
    help: "A block device was given a drive without an image.",
    at: "drive",
  },
  VIRTIO_BLK_QUEUES: {
    text: () => "num-queues property must be larger than 0",
    help: "A block device without a queue cannot be asked for anything.",
    at: "num-queues",
  },
  VIRTIO_BLK_QUEUES_MANY: {
    text: (limit: number) => `num-queues property must not be larger than ${limit}`,
    help: "The transport has registers for so many queues.",
    at: "num-queues",
  },
  VIRTIO_BLK_QUEUE_SMALL: {
    text: (size: number) => `invalid queue-size property (${size}), must be > 2`,
    help: "A request takes three descriptors.",
    at: "queue-size",
  },
  VIRTIO_BLK_QUEUE_SIZE: {
    text: (size: number, limit: number) => `invalid queue-size property (${size}), must be a power of 2 (max ${limit})`,
    help: "A split queue has a power of two of entries.",
    at: "queue-size",
  },
  VIRTIO_BLK_MULTIPLE: {
    text: (name: string) => `${name} must be a multiple of logical_block_size`,
    help: "Sizes that a disk prefers are told in logical blocks.",
  },
  VIRTIO_BLK_MINIMUM_IO: {
    text: (limit: number) => `min_io_size must not exceed ${limit} logical blocks`,
    help: "The configuration has 16 bits for it.",
    at: "min_io_size",
  },
  VIRTIO_BLK_SECTORS: {
    text: (name: string, sectors: number, limit: number) =>
      `invalid ${name} property (${sectors}), must be between 1 and ${limit}`,
    help: "A request moves less than 2 GiB.",
  },
  VIRTIO_NONE: { text: () => "No virtio devices found", help: "The machine has no virtio devices." },
  VIRTIO_PATH: {
    text: (path: string, kind: string) => `Path ${path} is not a ${kind}`,
    help: "A query names no virtio device; `x-query-virtio` tells their paths.",
  },
  VIRTIO_QUEUE_NUMBER: {
    text: (queue: number) => `Invalid virtqueue number ${queue}`,
    help: "The virtio device has fewer queues.",
  },
  VIRTIO_QUEUE_UNPLACED: {
    text: () => "Region caches not initialized",
    help: "The guest's driver has not placed the queue in memory.",
  },
  VIRTIO_VHOST: {
    text: () => "Error: vhost device has not started yet",
    help: "No virtio device here hands its queues to the host's kernel or to another process.",
  },
  VIRTIO_LEGACY_PLATFORM: {
    text: () => "VIRTIO_F_IOMMU_PLATFORM was supported by neither legacy nor transitional device",
    help: "`iommu_platform=on` needs a modern device: add `disable-legacy=on`, or put it behind a root port.",
    at: "iommu_platform",
  },
});
