// The device behind the transport: status, features, configuration, queues (VirtIO 1.2 §2, §3).
import type { Logger } from "backplane";
import type { VirtioBackend, VirtioFeatures } from "./contract.ts";
import { SplitQueue, type QueueState } from "./queue.ts";
import {
  ISR,
  LEGACY_FEATURES,
  NO_VECTOR,
  QUEUE_LIMIT,
  QUEUE_SIZE_LIMIT,
  VIRTIO_FEATURE,
  VIRTIO_STATUS,
} from "./registers.ts";

/** What the transport does for the device. */
export interface DeviceTransport {
  readMemory(address: number, into: Uint8Array): boolean;
  writeMemory(address: number, from: Uint8Array): boolean;
  /** The interrupt status changed; the message, if there are messages, is `vector`. */
  interrupt(vector: number): void;
}

/** What a migration carries of the device. */
export interface VirtioDeviceState {
  status: number;
  interruptStatus: number;
  selectedQueue: number;
  configVector: number;
  featuresLow: number;
  /** All of them: the first word once more. */
  features: bigint;
  readonly config: Uint8Array;
  readonly queues: readonly QueueState[];
  isBroken: boolean;
  isStarted: boolean;
  isDisabled: boolean;
}

export interface DeviceParts {
  readonly backend: VirtioBackend;
  readonly offered: VirtioFeatures;
  readonly configLength: number;
  readonly queues: readonly number[];
  readonly log: Logger;
}

export class VirtioDevice {
  readonly queues: readonly SplitQueue[];
  readonly offered: VirtioFeatures;
  #status = 0;
  /** Requests from before a reset are still under way; grows so that an older reset does not end a younger one. */
  #resetting = 0;
  #isResetting = false;
  interruptStatus = 0;
  configVector = NO_VECTOR;
  generation = 0;
  selectedQueue = 0;
  /** Cut off from memory: bus mastering is off. */
  disabled = false;
  #features: VirtioFeatures = { low: 0, high: 0 };
  #broken = false;
  /** A driver of before VirtIO 1.0 may use the queues without saying that it is ready. */
  #startsOnKick = false;
  readonly #backend: VirtioBackend;
  readonly #transport: DeviceTransport;
  readonly #config: Uint8Array;
  readonly #view: DataView;
  readonly #log: Logger;

  constructor({ backend, offered, configLength, queues, log }: DeviceParts, transport: DeviceTransport) {
    this.#backend = backend;
    this.#transport = transport;
    this.#log = log;
    this.offered = offered;
    this.#config = new Uint8Array(configLength);
    this.#view = new DataView(this.#config.buffer);
    const isWorking = (): boolean => !this.#broken && !this.disabled;
    const accepted = (bit: number): boolean => (this.#features.low & bit) !== 0;
    const host = {
      readMemory: (address: number, into: Uint8Array) => transport.readMemory(address, into),
      writeMemory: (address: number, from: Uint8Array) => transport.writeMemory(address, from),
      get working() {
        return isWorking();
      },
      get eventIndex() {
        return accepted(VIRTIO_FEATURE.eventIndex);
      },
      get notifyOnEmpty() {
        return accepted(VIRTIO_FEATURE.notifyOnEmpty);
      },
      interrupt: (vector: number) => this.#interrupt(ISR.queue, vector),
      fail: (reason: string, details: { readonly [key: string]: unknown }) => this.fail(reason, details),
    };
    this.queues = queues.map((size, index) => new SplitQueue(index, size, host));
  }

  get status(): number {
    return this.#status;
  }

  /** As the driver reads it: 0 when a reset is complete (VirtIO 1.2 §4.1.4.3.2). */
  get shownStatus(): number {
    return this.#isResetting && this.#status === 0 ? VIRTIO_STATUS.acknowledge | VIRTIO_STATUS.driver : this.#status;
  }

  get features(): VirtioFeatures {
    return this.#features;
  }

  get ready(): boolean {
    return (this.#status & VIRTIO_STATUS.driverOk) !== 0;
  }

  get isModern(): boolean {
    return (this.#features.high & VIRTIO_FEATURE.high.version1) !== 0;
  }

  get queue(): SplitQueue | undefined {
    return this.queues[this.selectedQueue];
  }

  /** What a modern driver is offered, by word. */
  offeredWord(select: number): number {
    if (select === 0) return (this.offered.low & ~LEGACY_FEATURES) >>> 0;
    return select === 1 ? this.offered.high : 0;
  }

  /** Not once FEATURES_OK stands (§3.1.1). */
  negotiate(low: number, high: number): void {
    if ((this.#status & VIRTIO_STATUS.featuresOk) !== 0) return;
    if ((low & VIRTIO_FEATURE.bad) !== 0) this.#log.warn("the driver accepts a feature that nobody may accept");
    this.#features = { low: (low & this.offered.low) >>> 0, high: (high & this.offered.high) >>> 0 };
    if (!this.ready && !this.isModern) this.#startsOnKick = true;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  get startsOnKick(): boolean {
    return this.#startsOnKick;
  }

  setStatus(value: number): void {
    if (this.#refusesFeatures(value)) return;
    const wasReady = this.ready;
    const ready = (value & VIRTIO_STATUS.driverOk) !== 0;
    this.#status = value & 0xff;
    if (ready) this.#startsOnKick = false;
    if (ready !== wasReady) this.#backend.statusChanged?.(ready);
  }

  /** A driver that is to go through the platform's IOMMU must accept it; otherwise FEATURES_OK does not stay (§6.2). */
  #refusesFeatures(status: number): boolean {
    const { accessPlatform } = VIRTIO_FEATURE.high;
    const isNew = (status & ~this.#status & VIRTIO_STATUS.featuresOk) !== 0;
    return isNew && this.isModern && (this.offered.high & ~this.#features.high & accessPlatform) !== 0;
  }

  selectQueue(index: number): void {
    if (index < QUEUE_LIMIT) this.selectedQueue = index;
  }

  /** A queue that exists stays, one that does not exist does not come. */
  resizeQueue(size: number): void {
    const { queue } = this;
    if (queue !== undefined && size > 0 && size <= QUEUE_SIZE_LIMIT) queue.size = size;
  }

  notified(index: number): void {
    const queue = this.queues[index];
    if (queue === undefined || !queue.ready || this.#broken) return;
    this.#backend.notified(queue);
  }

  readConfig(offset: number, size: number): number {
    if (offset + size > this.#config.length) return 0xffffffff;
    this.#backend.readConfig(this.#config);
    return size === 4
      ? this.#view.getUint32(offset, true)
      : size === 2
        ? this.#view.getUint16(offset, true)
        : this.#view.getUint8(offset);
  }

  writeConfig(offset: number, value: number, size: number): void {
    if (offset + size > this.#config.length) return;
    if (size === 4) this.#view.setUint32(offset, value, true);
    else if (size === 2) this.#view.setUint16(offset, value, true);
    else this.#view.setUint8(offset, value);
    this.#backend.writeConfig?.(this.#config);
  }

  configChanged(): void {
    if (!this.ready) return;
    this.generation = (this.generation + 1) & 0xff;
    this.#interrupt(ISR.queue | ISR.configuration, this.configVector);
  }

  fail(reason: string, details: { readonly [key: string]: unknown } = {}): void {
    this.#log.warn("the driver broke a rule", { reason, ...details });
    this.#broken = true;
    if (!this.isModern) return;
    this.#status |= VIRTIO_STATUS.needsReset;
    this.configChanged();
  }

  reset(): void {
    this.setStatus(0);
    const drained = this.#backend.reset?.();
    if (drained !== undefined) this.#waitFor(drained);
    this.#broken = false;
    this.#startsOnKick = false;
    this.disabled = false;
    this.#features = { low: 0, high: 0 };
    this.selectedQueue = 0;
    this.interruptStatus = 0;
    this.configVector = NO_VECTOR;
    for (const queue of this.queues) queue.reset();
    this.#transport.interrupt(NO_VECTOR);
  }

  /** Requests have not come back yet; those of a driver that broke a rule never do. */
  get holdsRequests(): boolean {
    return !this.#broken && this.queues.some(({ inUse }) => inUse > 0);
  }

  captureState(): VirtioDeviceState {
    const { low, high } = this.#features;
    return {
      status: this.#status,
      interruptStatus: this.interruptStatus,
      selectedQueue: this.selectedQueue,
      configVector: this.configVector,
      featuresLow: low,
      features: (BigInt(high) << 32n) | BigInt(low),
      config: this.#config.slice(),
      queues: this.queues.map((queue) => queue.captureState()),
      isBroken: this.#broken,
      isStarted: this.ready,
      isDisabled: this.disabled,
    };
  }

  /** The backend hears of it when the machine runs: `resume`. */
  restoreState(state: VirtioDeviceState): void {
    this.#status = state.status;
    this.interruptStatus = state.interruptStatus;
    this.selectedQueue = Math.min(state.selectedQueue, QUEUE_LIMIT - 1);
    this.configVector = state.configVector;
    const low = Number(state.features & 0xffff_ffffn);
    this.#features = {
      low: (low & this.offered.low) >>> 0,
      high: (Number(state.features >> 32n) & this.offered.high) >>> 0,
    };
    this.#config.set(state.config);
    this.disabled = state.isDisabled;
    this.#broken = state.isBroken;
    for (const [index, queue] of this.queues.entries()) {
      const restored = state.queues[index];
      if (restored !== undefined && !queue.restoreState(restored))
        this.fail("a queue has more in use than it has entries", { queue: index });
    }
  }

  /** The machine goes on with a driver that was ready before it came here. */
  resume(): void {
    if (this.ready) this.#backend.statusChanged?.(true);
  }

  #waitFor(drained: Promise<void>): void {
    const turn = ++this.#resetting;
    this.#isResetting = true;
    void drained.then(() => {
      if (turn === this.#resetting) this.#isResetting = false;
    });
  }

  #interrupt(cause: number, vector: number): void {
    this.interruptStatus |= cause;
    this.#transport.interrupt(vector);
  }
}
