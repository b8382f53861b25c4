// Places and bits: VirtIO 1.2 §2.1 (status), §6 (features), §4.1.4 (PCI), §4.1.4.10 (legacy layout).

/** Bits of the first word of features, and (`high`) of the second. */
export const VIRTIO_FEATURE = {
  notifyOnEmpty: 1 << 24,
  anyLayout: 1 << 27,
  indirectDescriptors: 1 << 28,
  eventIndex: 1 << 29,
  /** Offered to find drivers that accept whatever is offered (§6.3). */
  bad: 1 << 30,
  high: { version1: 0x01, accessPlatform: 0x02, packedRing: 0x04, inOrder: 0x08, ringReset: 0x100 },
} as const;

/** What only legacy drivers are offered. */
export const LEGACY_FEATURES = VIRTIO_FEATURE.notifyOnEmpty | VIRTIO_FEATURE.anyLayout | VIRTIO_FEATURE.bad;

export const VIRTIO_STATUS = {
  acknowledge: 0x01,
  driver: 0x02,
  driverOk: 0x04,
  featuresOk: 0x08,
  needsReset: 0x40,
  failed: 0x80,
} as const;

export const VENDOR_VIRTIO = 0x1af4;
/** Device ids of modern devices begin here (§4.1.2.1). */
export const MODERN_DEVICE_BASE = 0x1040;
export const NO_VECTOR = 0xffff;
/** Queues that the transport has registers for. */
export const QUEUE_LIMIT = 1024;
export const QUEUE_SIZE_LIMIT = 1024;

/** Types of the vendor capabilities (§4.1.4). */
export const CAPABILITY_TYPE = { common: 1, notify: 2, interrupt: 3, device: 4, pciAccess: 5 } as const;

/** Where the structures stand in the modern BAR. */
export const STRUCTURE = { common: 0x0000, interrupt: 0x1000, device: 0x2000, notify: 0x3000, length: 0x1000 } as const;

/** BARs. */
export const BAR = { legacy: 0, msix: 1, modern: 4 } as const;

export const ISR = { queue: 0x1, configuration: 0x2 } as const;
