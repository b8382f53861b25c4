// The common configuration structure: VirtIO 1.2 §4.1.4.3.
import type { MemoryRegionOps } from "backplane";
import type { VirtioDevice } from "./device.ts";
import { NO_VECTOR, QUEUE_LIMIT } from "./registers.ts";

const AT = {
  offeredSelect: 0x00,
  offered: 0x04,
  acceptedSelect: 0x08,
  accepted: 0x0c,
  configVector: 0x10,
  queueCount: 0x12,
  status: 0x14,
  generation: 0x15,
  queueSelect: 0x16,
  queueSize: 0x18,
  queueVector: 0x1a,
  queueEnable: 0x1c,
  queueNotifyOffset: 0x1e,
  addresses: 0x20,
  addressesEnd: 0x38,
  queueReset: 0x3a,
} as const;

export interface CommonOptions {
  readonly vectors: number;
  /** Status 0 was written: the transport resets all of it. */
  reset(): void;
}

/** Halves of the three addresses, which take effect when the queue is enabled. */
export interface QueuePlace {
  readonly halves: number[];
  /** As it was written last; 0 where it never was. */
  size: number;
  enabled: boolean;
  /** Of a queue that does not exist. */
  vector: number;
}

const emptyPlace = (): QueuePlace => ({ halves: [0, 0, 0, 0, 0, 0], size: 0, enabled: false, vector: NO_VECTOR });

/** What a migration carries of the structure: of every queue that it has registers for. */
export interface CommonState {
  offeredSelect: number;
  acceptedSelect: number;
  readonly accepted: number[];
  readonly places: readonly QueuePlace[];
}

export class CommonStructure implements MemoryRegionOps {
  readonly impl = { min: 1, max: 4 } as const;
  readonly #device: VirtioDevice;
  readonly #options: CommonOptions;
  readonly #accepted = [0, 0];
  /** What the driver wrote for each queue, whether it exists or not. */
  readonly #places = new Map<number, QueuePlace>();
  #offeredSelect = 0;
  #acceptedSelect = 0;

  constructor(device: VirtioDevice, options: CommonOptions) {
    this.#device = device;
    this.#options = options;
  }

  read(offset: number): number {
    const device = this.#device;
    const { queue } = device;
    if (offset >= AT.addresses && offset < AT.addressesEnd)
      return offset % 4 === 0 ? (this.#place?.halves[(offset - AT.addresses) >> 2] ?? 0) : 0;
    switch (offset) {
      case AT.offeredSelect:
        return this.#offeredSelect;
      case AT.offered:
        return device.offeredWord(this.#offeredSelect);
      case AT.acceptedSelect:
        return this.#acceptedSelect;
      case AT.accepted:
        return this.#accepted[this.#acceptedSelect] ?? 0;
      case AT.configVector:
        return device.configVector;
      case AT.queueCount:
        return device.queues.length;
      case AT.status:
        return device.shownStatus;
      case AT.generation:
        return device.generation;
      case AT.queueSelect:
        return device.selectedQueue;
      case AT.queueSize:
        return queue?.size ?? 0;
      case AT.queueVector:
        return queue?.vector ?? this.#place?.vector ?? NO_VECTOR;
      case AT.queueEnable:
        return this.#place?.enabled === true ? 1 : 0;
      case AT.queueNotifyOffset:
        return device.selectedQueue;
      default:
        return 0;
    }
  }

  write(offset: number, value: number): void {
    const device = this.#device;
    const { queue } = device;
    if (offset >= AT.addresses && offset < AT.addressesEnd) {
      if (offset % 4 === 0) this.#ownPlace.halves[(offset - AT.addresses) >> 2] = value;
      return;
    }
    switch (offset) {
      case AT.offeredSelect:
        this.#offeredSelect = value;
        return;
      case AT.acceptedSelect:
        this.#acceptedSelect = value;
        return;
      case AT.accepted:
        if (this.#acceptedSelect > 1) return;
        this.#accepted[this.#acceptedSelect] = value;
        device.negotiate(this.#accepted[0] ?? 0, this.#accepted[1] ?? 0);
        return;
      case AT.configVector:
        device.configVector = this.#vector(value);
        return;
      case AT.status:
        device.setStatus(value & 0xff);
        if (device.status === 0) this.#options.reset();
        return;
      case AT.queueSelect:
        device.selectQueue(value);
        return;
      case AT.queueSize:
        this.#ownPlace.size = value;
        device.resizeQueue(value);
        return;
      case AT.queueVector:
        if (queue === undefined) this.#ownPlace.vector = this.#vector(value);
        else queue.vector = this.#vector(value);
        return;
      case AT.queueEnable:
        if (value === 1) {
          queue?.enable(this.#ownPlace.halves);
          this.#ownPlace.enabled = true;
        } else device.fail("wrong value for queue_enable", { value });
        return;
      case AT.queueReset:
        if (value !== 1) return;
        queue?.reset();
        this.#ownPlace.enabled = false;
        return;
      default:
    }
  }

  reset(): void {
    // What was written of features and selectors stays, as in the peer; the device has forgotten what it accepted.
    this.#places.clear();
  }

  captureState(): CommonState {
    return {
      offeredSelect: this.#offeredSelect,
      acceptedSelect: this.#acceptedSelect,
      accepted: [...this.#accepted],
      places: Array.from({ length: QUEUE_LIMIT }, (_, index) => {
        const place = this.#places.get(index) ?? emptyPlace();
        return { ...place, halves: [...place.halves] };
      }),
    };
  }

  restoreState({ offeredSelect, acceptedSelect, accepted, places }: CommonState): void {
    this.#offeredSelect = offeredSelect;
    this.#acceptedSelect = acceptedSelect;
    this.#accepted.splice(0, this.#accepted.length, ...accepted);
    this.#places.clear();
    for (const [index, place] of places.entries()) {
      if (place.enabled || place.size !== 0 || place.halves.some((half) => half !== 0)) this.#places.set(index, place);
    }
  }

  /** A vector that does not exist reads back as none, which tells the driver (§4.1.5.1.2). */
  #vector(value: number): number {
    return value < this.#options.vectors ? value : NO_VECTOR;
  }

  get #place(): QueuePlace | undefined {
    return this.#places.get(this.#device.selectedQueue);
  }

  get #ownPlace(): QueuePlace {
    const known = this.#place ?? emptyPlace();
    this.#places.set(this.#device.selectedQueue, known);
    return known;
  }
}
