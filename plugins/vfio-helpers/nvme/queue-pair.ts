// A submission queue with its completion queue (NVM Express 1.4 §4.1, §7.2).
import type { HostAddressSpace, Logger } from "backplane";
import type { VfioDma, VfioMappedRegion } from "../contract.ts";
import { CQ_ENTRY, doorbell, SQ_ENTRY } from "../nvm-express.ts";
import { CommandWriter, type CommandFields } from "./command.ts";
import { allocateMemory, type DriverMemory } from "./driver-memory.ts";
import { nvmeFailure } from "./failure.ts";

export const QUEUE_ENTRIES = 128;
/** What a command ends with that the controller never completed: no status has that value. */
export const LOST = -1;

export interface QueueParts {
  readonly index: number;
  readonly entries: number;
  readonly pageSize: number;
  readonly stride: number;
  readonly bar: VfioMappedRegion;
  readonly dma: VfioDma;
  readonly space: HostAddressSpace;
  readonly log: Logger;
  /** Memory that the pair has taken, to be given back by its owner. */
  readonly owned: DriverMemory[];
}

/** A command that may be, or is, under way. Its page of PRPs is its own. */
export interface Slot {
  /** The command identifier; 0 is nobody's. */
  readonly id: number;
  readonly listOffset: number;
  readonly listIova: number;
  ended: ((status: number) => void) | undefined;
}

export class QueuePair {
  readonly submissionsIova: number;
  readonly completionsIova: number;
  readonly lists: DriverMemory;
  inFlight = 0;
  readonly #parts: QueueParts;
  readonly #submissions: DriverMemory;
  readonly #completions: DriverMemory;
  readonly #slots: readonly Slot[];
  readonly #free: Slot[];
  readonly #waiting: ((slot: Slot) => void)[] = [];
  readonly #writer = new CommandWriter();
  #tail = 0;
  #head = 0;
  /** The phase of entries that are new. */
  #phase = 1;
  #isKicked = false;
  #isLost = false;

  constructor(parts: QueueParts) {
    const { entries, pageSize, dma } = parts;
    this.#parts = parts;
    // One entry of a ring stays empty, so that full and empty differ.
    const requests = entries - 1;
    this.lists = this.#allocate(requests * pageSize);
    const listIova = mapped("Cannot map buffer for DMA: ", () => dma.map(this.lists.host, this.lists.length, "fixed"));
    this.#slots = Array.from({ length: requests }, (_, index) => ({
      id: index + 1,
      listOffset: index * pageSize,
      listIova: listIova + index * pageSize,
      ended: undefined,
    }));
    this.#free = this.#slots.toReversed();
    this.#submissions = this.#allocate(entries * SQ_ENTRY);
    this.submissionsIova = this.#mapRing(this.#submissions);
    this.#completions = this.#allocate(entries * CQ_ENTRY);
    this.completionsIova = this.#mapRing(this.#completions);
  }

  /** A free slot, if there is one now. */
  takeSlot(): Slot | undefined {
    return this.#free.pop();
  }

  acquire(): Promise<Slot> {
    const slot = this.#free.pop();
    return slot === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(slot);
  }

  /** Gives back a slot whose command was not submitted. */
  release(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }

  /** The controller is told at once, or with all that follow in this turn. */
  submit(slot: Slot, fields: CommandFields, ended: (status: number) => void, now = false): void {
    slot.ended = ended;
    this.#writer.fill(slot.id, fields);
    this.#submissions.memory.write(this.#tail * SQ_ENTRY, this.#writer.bytes);
    this.#tail = (this.#tail + 1) % this.#parts.entries;
    this.inFlight++;
    if (now) this.#kick();
    else if (!this.#isKicked) {
      this.#isKicked = true;
      queueMicrotask(() => this.#kick());
    }
  }

  /** Submits, and resolves with the status. */
  run(slot: Slot, fields: CommandFields): Promise<number> {
    if (this.#isLost) {
      this.release(slot);
      return Promise.resolve(LOST);
    }
    return new Promise((resolve) => this.submit(slot, fields, resolve));
  }

  /** Takes what the controller has completed. */
  poll(): void {
    const { entries, bar, index, stride, log } = this.#parts;
    const { memory } = this.#completions;
    let isMoved = false;
    for (;;) {
      const last = memory.readUint(this.#head * CQ_ENTRY + 12, 4);
      const isNew = ((last >>> 16) & 1) === this.#phase;
      if (this.inFlight === 0 || !isNew) break;
      this.#head = (this.#head + 1) % entries;
      if (this.#head === 0) this.#phase ^= 1;
      isMoved = true;
      const id = last & 0xffff;
      const slot = this.#slots[id - 1];
      if (slot?.ended === undefined) {
        log.warn(
          `NVMe: Unexpected CID in completion queue: ${id}, should be within: 1..${this.#slots.length} inclusively`,
        );
        continue;
      }
      this.#end(slot, last >>> 17);
    }
    if (isMoved) bar.write(doorbell(index, "cq", stride), 4, this.#head);
  }

  /** The controller will complete nothing any more. */
  abandon(): void {
    this.#isLost = true;
    for (const slot of this.#slots) if (slot.ended !== undefined) this.#end(slot, LOST);
  }

  #end(slot: Slot, status: number): void {
    const { ended } = slot;
    slot.ended = undefined;
    this.inFlight--;
    this.release(slot);
    ended?.(status);
  }

  #kick(): void {
    this.#isKicked = false;
    const { bar, index, stride } = this.#parts;
    bar.write(doorbell(index, "sq", stride), 4, this.#tail);
  }

  #allocate(length: number): DriverMemory {
    const { space, owned, dma } = this.#parts;
    const memory = allocateMemory(space, Math.ceil(length / dma.pageSize) * dma.pageSize);
    owned.push(memory);
    return memory;
  }

  #mapRing(ring: DriverMemory): number {
    return mapped("Cannot map queue: ", () => this.#parts.dma.map(ring.host, ring.length, "fixed"));
  }
}

function mapped(prefix: string, map: () => number): number {
  try {
    return map();
  } catch (failure) {
    throw nvmeFailure(prefix, failure);
  }
}
