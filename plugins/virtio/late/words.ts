// Feature and status bits in the words of monitors: VirtIO 1.2 §2.1, §5.2.3, §6.

type Words = readonly (readonly [bit: number, words: string])[];

const TRANSPORT: Words = [
  [24, "VIRTIO_F_NOTIFY_ON_EMPTY: Notify when device runs out of avail. descs. on VQ"],
  [27, "VIRTIO_F_ANY_LAYOUT: Device accepts arbitrary desc. layouts"],
  [32, "VIRTIO_F_VERSION_1: Device compliant for v1 spec (legacy)"],
  [33, "VIRTIO_F_IOMMU_PLATFORM: Device can be used on IOMMU platform"],
  [34, "VIRTIO_F_RING_PACKED: Device supports packed VQ layout"],
  [35, "VIRTIO_F_IN_ORDER: Device uses buffers in same order as made available by driver"],
  [36, "VIRTIO_F_ORDER_PLATFORM: Memory accesses ordered by platform"],
  [37, "VIRTIO_F_SR_IOV: Device supports single root I/O virtualization"],
  [40, "VIRTIO_F_RING_RESET: Driver can reset a queue individually"],
  [28, "VIRTIO_RING_F_INDIRECT_DESC: Indirect descriptors supported"],
  [29, "VIRTIO_RING_F_EVENT_IDX: Used & avail. event fields enabled"],
];

/** Bit 30 is nobody's; monitors read it as a back-end's in another process would mean it. */
const EVERY_KIND: Words = [
  [26, "VHOST_F_LOG_ALL: Logging write descriptors supported"],
  [30, "VHOST_USER_F_PROTOCOL_FEATURES: Vhost-user protocol features negotiation supported"],
];

const BLOCK: Words = [
  [1, "VIRTIO_BLK_F_SIZE_MAX: Max segment size is size_max"],
  [2, "VIRTIO_BLK_F_SEG_MAX: Max segments in a request is seg_max"],
  [4, "VIRTIO_BLK_F_GEOMETRY: Legacy geometry available"],
  [5, "VIRTIO_BLK_F_RO: Device is read-only"],
  [6, "VIRTIO_BLK_F_BLK_SIZE: Block size of disk available"],
  [10, "VIRTIO_BLK_F_TOPOLOGY: Topology information available"],
  [12, "VIRTIO_BLK_F_MQ: Multiqueue supported"],
  [13, "VIRTIO_BLK_F_DISCARD: Discard command supported"],
  [14, "VIRTIO_BLK_F_WRITE_ZEROES: Write zeroes command supported"],
  [16, "VIRTIO_BLK_F_SECURE_ERASE: Secure erase supported"],
  [17, "VIRTIO_BLK_F_ZONED: Zoned block devices"],
  [0, "VIRTIO_BLK_F_BARRIER: Request barriers supported"],
  [7, "VIRTIO_BLK_F_SCSI: SCSI packet commands supported"],
  [9, "VIRTIO_BLK_F_FLUSH: Flush command supported"],
  [11, "VIRTIO_BLK_F_CONFIG_WCE: Cache writeback and writethrough modes supported"],
];

const STATUS: Words = [
  [2, "VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready"],
  [3, "VIRTIO_CONFIG_S_FEATURES_OK: Feature negotiation complete"],
  [1, "VIRTIO_CONFIG_S_DRIVER: Guest OS compatible with device"],
  [6, "VIRTIO_CONFIG_S_NEEDS_RESET: Irrecoverable error, device needs reset"],
  [7, "VIRTIO_CONFIG_S_FAILED: Error in guest, device failed"],
  [0, "VIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found"],
];

const DESCRIPTOR_FLAGS: Words = [
  [0, "next"],
  [1, "write"],
  [2, "indirect"],
  [7, "avail"],
  [15, "used"],
];

const TYPE_BLOCK = 2;

/** Last word first, and the bits that no word is for. */
function told(words: Words, bits: bigint): { readonly texts: readonly string[]; readonly rest: bigint } {
  const set = words.filter(([bit]) => (bits & (1n << BigInt(bit))) !== 0n);
  const rest = set.reduce((left, [bit]) => left & ~(1n << BigInt(bit)), bits);
  return { texts: set.map(([, text]) => text).toReversed(), rest };
}

export function featureWords(type: number, bits: bigint) {
  const transports = told(TRANSPORT, bits);
  const own = told(type === TYPE_BLOCK ? [...BLOCK, ...EVERY_KIND] : EVERY_KIND, transports.rest);
  return {
    transports: transports.texts,
    "dev-features": own.texts,
    ...(own.rest === 0n ? {} : { "unknown-dev-features": own.rest }),
  };
}

export function statusWords(status: number) {
  const { texts, rest } = told(STATUS, BigInt(status));
  return { statuses: texts, ...(rest === 0n ? {} : { "unknown-statuses": Number(rest) }) };
}

export function descriptorFlagWords(flags: number): readonly string[] {
  return told(DESCRIPTOR_FLAGS, BigInt(flags)).texts;
}
