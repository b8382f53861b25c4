// The legacy interface, in I/O space: VirtIO 1.2 §4.1.4.10.
import type { MemoryRegionOps } from "backplane";
import type { VirtioDevice } from "./device.ts";
import { NO_VECTOR, QUEUE_LIMIT, VIRTIO_STATUS } from "./registers.ts";

const AT = {
  offered: 0x00,
  accepted: 0x04,
  queuePage: 0x08,
  queueSize: 0x0c,
  queueSelect: 0x0e,
  queueNotify: 0x10,
  status: 0x12,
  interrupt: 0x13,
  configVector: 0x14,
  queueVector: 0x16,
} as const;
/** The device's own configuration begins behind the vectors, where there are some. */
const CONFIG = { withVectors: 0x18, without: 0x14 } as const;

export interface LegacyOptions {
  readonly vectors: number;
  messagesEnabled(): boolean;
  acknowledge(): number;
  reset(): void;
  /** Drivers older than the rule start DMA without asking for bus mastering. */
  startMastering(): void;
}

export class LegacyStructure implements MemoryRegionOps {
  readonly impl = { min: 1, max: 4 } as const;
  readonly #device: VirtioDevice;
  readonly #options: LegacyOptions;

  constructor(device: VirtioDevice, options: LegacyOptions) {
    this.#device = device;
    this.#options = options;
  }

  static length(configLength: number, vectors: number): number {
    const length = (vectors > 0 ? CONFIG.withVectors : CONFIG.without) + configLength;
    return 2 ** Math.ceil(Math.log2(length));
  }

  read(offset: number, size: number): number {
    const device = this.#device;
    const { queue } = device;
    if (offset >= this.#configStart) return device.readConfig(offset - this.#configStart, size);
    switch (offset) {
      case AT.offered:
        return device.offered.low >>> 0;
      case AT.accepted:
        return device.features.low;
      case AT.queuePage:
        return queue?.legacyPage ?? 0;
      case AT.queueSize:
        return queue?.size ?? 0;
      case AT.queueSelect:
        return device.selectedQueue;
      case AT.status:
        return device.shownStatus;
      case AT.interrupt:
        return this.#options.acknowledge();
      case AT.configVector:
        return device.configVector;
      case AT.queueVector:
        return queue?.vector ?? NO_VECTOR;
      default:
        return 0xffffffff;
    }
  }

  write(offset: number, value: number, size: number): void {
    const device = this.#device;
    const { queue } = device;
    if (offset >= this.#configStart) {
      device.writeConfig(offset - this.#configStart, value, size);
      return;
    }
    switch (offset) {
      case AT.accepted:
        device.negotiate(value, 0);
        return;
      case AT.queuePage:
        if (value === 0) this.#options.reset();
        else queue?.placeLegacy(value);
        return;
      case AT.queueSelect:
        device.selectQueue(value);
        return;
      case AT.queueNotify:
        if (value < QUEUE_LIMIT) device.notified(value);
        return;
      case AT.status:
        device.setStatus(value & 0xff);
        if (device.status === 0) this.#options.reset();
        if (value === (VIRTIO_STATUS.acknowledge | VIRTIO_STATUS.driver)) this.#options.startMastering();
        return;
      case AT.configVector:
        device.configVector = this.#vector(value);
        return;
      case AT.queueVector:
        if (queue !== undefined) queue.vector = this.#vector(value);
        return;
      default:
    }
  }

  get #configStart(): number {
    return this.#options.messagesEnabled() ? CONFIG.withVectors : CONFIG.without;
  }

  #vector(value: number): number {
    return value < this.#options.vectors ? value : NO_VECTOR;
  }
}
