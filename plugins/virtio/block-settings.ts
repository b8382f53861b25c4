// What the properties of a block device come to. Checks throw with the peer's texts, in its order.
import { isPowerOfTwo, type PropertyValues } from "backplane";
import { GRANULARITY_UNSET, readBlockSizes } from "backplane/plugins/block/contract";
import type { BlockConfig } from "./block-config.ts";
import { QUEUES_AUTO, SECTORS_LIMIT, type BlockValues } from "./block-types.ts";
import { virtioErrors } from "./errors.ts";
import { QUEUE_LIMIT, QUEUE_SIZE_LIMIT } from "./registers.ts";

const MINIMUM_IO_LIMIT = 0xffff;

type Values = PropertyValues<BlockValues>;

export function readBlockSettings(values: Values, processors: number): Omit<BlockConfig, "geometry"> {
  const { "num-queues": asked, "queue-size": queueSize, min_io_size: minimumIo, opt_io_size: optimalIo } = values;
  const queues = asked === QUEUES_AUTO ? Math.min(processors, QUEUE_LIMIT) : asked;
  checkQueues(queues, queueSize);
  const { logical, physical } = readBlockSizes(values);
  checkSizes(values, logical);
  return {
    logical,
    physical,
    minimumIo,
    optimalIo,
    queues,
    queueSize,
    adjustsSegments: values["seg-max-adjust"],
    discard: values.discard
      ? { sectors: limited("max-discard-sectors", values), alignment: alignmentOf(values, logical) }
      : undefined,
    writeZeroes: values["write-zeroes"] ? { sectors: limited("max-write-zeroes-sectors", values) } : undefined,
  };
}

function checkQueues(queues: number, queueSize: number): void {
  if (queues === 0) throw virtioErrors.VIRTIO_BLK_QUEUES();
  if (queues > QUEUE_LIMIT) throw virtioErrors.VIRTIO_BLK_QUEUES_MANY(QUEUE_LIMIT);
  if (queueSize <= 2) throw virtioErrors.VIRTIO_BLK_QUEUE_SMALL(queueSize);
  if (!isPowerOfTwo(queueSize) || queueSize > QUEUE_SIZE_LIMIT)
    throw virtioErrors.VIRTIO_BLK_QUEUE_SIZE(queueSize, QUEUE_SIZE_LIMIT);
}

function checkSizes(values: Values, logical: number): void {
  const { min_io_size: minimum, opt_io_size: optimal, discard_granularity: granularity } = values;
  if (minimum % logical !== 0) throw virtioErrors.VIRTIO_BLK_MULTIPLE("min_io_size");
  if (minimum / logical > MINIMUM_IO_LIMIT) throw virtioErrors.VIRTIO_BLK_MINIMUM_IO(MINIMUM_IO_LIMIT);
  if (optimal % logical !== 0) throw virtioErrors.VIRTIO_BLK_MULTIPLE("opt_io_size");
  if (granularity !== GRANULARITY_UNSET && granularity % logical !== 0)
    throw virtioErrors.VIRTIO_BLK_MULTIPLE("discard_granularity");
}

function limited(name: "max-discard-sectors" | "max-write-zeroes-sectors", values: Values): number {
  const sectors = values[name];
  if (sectors === 0 || sectors > SECTORS_LIMIT) throw virtioErrors.VIRTIO_BLK_SECTORS(name, sectors, SECTORS_LIMIT);
  return sectors;
}

function alignmentOf(values: Values, logical: number): number {
  const { discard_granularity: granularity, "report-discard-granularity": reports } = values;
  return granularity === GRANULARITY_UNSET || !reports ? logical : granularity;
}
