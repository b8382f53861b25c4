// A split virtqueue: VirtIO 1.2 §2.7. What the driver writes is never trusted: sizes, indices and chains are checked,
// and a broken rule ends in DEVICE_NEEDS_RESET.
import type { VirtQueue, VirtQueueElement, VirtSegment } from "./contract.ts";
import { NO_VECTOR, QUEUE_SIZE_LIMIT } from "./registers.ts";

const DESCRIPTOR = { length: 16, next: 0x1, write: 0x2, indirect: 0x4 } as const;
const AVAILABLE_NO_INTERRUPT = 0x1;
const USED_ELEMENT = 8;
/** Legacy drivers align the used ring to a page (§2.7.2). */
const LEGACY_ALIGNMENT = 4096;
/** High words from here on are beyond 2^52, where no processor has memory, and what is added stays exact. */
const SAFE_HIGH = 2 ** 20;

/** What a queue needs of the device that has it. */
export interface QueueHost {
  readMemory(address: number, into: Uint8Array): boolean;
  writeMemory(address: number, from: Uint8Array): boolean;
  /** Neither broken nor cut off from memory. */
  readonly working: boolean;
  readonly eventIndex: boolean;
  readonly notifyOnEmpty: boolean;
  interrupt(vector: number): void;
  fail(reason: string, details: { readonly [key: string]: unknown }): void;
}

/** What a migration carries of a queue; what has been used stands in the queue itself. */
export interface QueueState {
  size: number;
  readonly maximum: number;
  vector: number;
  nextAvailable: number;
  descriptors: bigint;
  available: bigint;
  used: bigint;
}

/** What monitors see of a queue. */
export interface QueueFacts {
  readonly index: number;
  readonly inUse: number;
  readonly size: number;
  readonly maximum: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  readonly nextAvailable: number;
  /** The driver's index as it was read last. */
  readonly seenAvailable: number;
  readonly nextUsed: number;
  /** Undefined: nothing has been signalled that an index could be compared with. */
  readonly signalled: number | undefined;
}

/** What monitors see of the rings: the chain that the device takes next, or one that they name. */
export interface QueueElementFacts {
  readonly head: number;
  readonly descriptors: readonly { readonly address: bigint; readonly length: number; readonly flags: number }[];
  readonly available: { readonly flags: number; readonly index: number };
  readonly used: { readonly flags: number; readonly index: number };
}

export class SplitQueue implements VirtQueue {
  readonly index: number;
  /** What the device offers; the driver may lower it. */
  readonly maximum: number;
  size: number;
  vector = NO_VECTOR;
  #descriptors = 0;
  #available = 0;
  #used = 0;
  #nextAvailable = 0;
  #nextUsed = 0;
  #seenAvailable = 0;
  #inUse = 0;
  #signalled: number | undefined;
  readonly #host: QueueHost;
  readonly #scratch = new DataView(new ArrayBuffer(DESCRIPTOR.length));
  readonly #bytes = { two: this.#window(2), eight: this.#window(8), sixteen: this.#window(DESCRIPTOR.length) };

  constructor(index: number, maximum: number, host: QueueHost) {
    this.index = index;
    this.maximum = maximum;
    this.size = maximum;
    this.#host = host;
  }

  get ready(): boolean {
    return this.#descriptors !== 0;
  }

  /** Chains that the device has taken and not returned. */
  get inUse(): number {
    return this.#inUse;
  }

  get legacyPage(): number {
    return Math.floor(this.#descriptors / LEGACY_ALIGNMENT);
  }

  reset(): void {
    this.size = this.maximum;
    this.vector = NO_VECTOR;
    this.#place(0, 0, 0);
    this.#nextAvailable = 0;
    this.#nextUsed = 0;
    this.#seenAvailable = 0;
    this.#inUse = 0;
    this.#signalled = undefined;
  }

  facts(): QueueFacts {
    return {
      index: this.index,
      inUse: this.#inUse,
      size: this.size,
      maximum: this.maximum,
      descriptors: this.#descriptors,
      available: this.#available,
      used: this.#used,
      nextAvailable: this.#nextAvailable,
      seenAvailable: this.#seenAvailable,
      nextUsed: this.#nextUsed,
      signalled: this.#signalled,
    };
  }

  /** Looks, and changes nothing. Undefined: the driver has not placed the queue. */
  elementAt(position = this.#nextAvailable): QueueElementFacts | undefined {
    if (!this.ready) return undefined;
    const head = this.#load16(this.#available + 4 + 2 * (position % this.size));
    const descriptors: { address: bigint; length: number; flags: number }[] = [];
    let [table, entries, at] = [this.#descriptors, this.size, head];
    while (at < entries && descriptors.length < entries) {
      if (!this.#host.readMemory(table + at * DESCRIPTOR.length, this.#bytes.sixteen)) break;
      const address = this.#scratch.getBigUint64(0, true);
      const length = this.#scratch.getUint32(8, true);
      const flags = this.#scratch.getUint16(12, true);
      at = this.#scratch.getUint16(14, true);
      if ((flags & DESCRIPTOR.indirect) !== 0 && table === this.#descriptors) {
        [table, entries, at] = [within(address), Math.min(Math.floor(length / DESCRIPTOR.length), QUEUE_SIZE_LIMIT), 0];
        continue;
      }
      descriptors.push({ address, length, flags });
      if ((flags & DESCRIPTOR.next) === 0) break;
    }
    return {
      head,
      descriptors,
      available: { flags: this.#load16(this.#available), index: this.#load16(this.#available + 2) },
      used: { flags: this.#load16(this.#used), index: this.#load16(this.#used + 2) },
    };
  }

  captureState(): QueueState {
    return {
      size: this.size,
      maximum: this.maximum,
      vector: this.vector,
      nextAvailable: this.#nextAvailable,
      descriptors: BigInt(this.#descriptors),
      available: BigInt(this.#available),
      used: BigInt(this.#used),
    };
  }

  /** When memory is as it was: what has been used is read from there. False: the queue cannot have come to be so. */
  restoreState(state: QueueState): boolean {
    this.size = Math.min(Math.max(state.size, 1), QUEUE_SIZE_LIMIT);
    this.vector = state.vector;
    this.#place(within(state.descriptors), within(state.available), within(state.used));
    this.#nextAvailable = state.nextAvailable;
    this.#signalled = undefined;
    this.#nextUsed = this.ready ? this.#load16(this.#used + 2) : 0;
    this.#inUse = this.ready ? (this.#nextAvailable - this.#nextUsed) & 0xffff : 0;
    return this.#inUse <= this.size;
  }

  /** QUEUE_ENABLE: takes the three addresses, each in two halves. */
  enable(halves: readonly number[]): void {
    this.#place(whole(halves.slice(0, 2)), whole(halves.slice(2, 4)), whole(halves.slice(4, 6)));
  }

  /** The legacy interface names one page, behind which all three follow. */
  placeLegacy(page: number): void {
    const start = page * LEGACY_ALIGNMENT;
    const available = start + this.size * DESCRIPTOR.length;
    const used = Math.ceil((available + 4 + 2 * this.size) / LEGACY_ALIGNMENT) * LEGACY_ALIGNMENT;
    this.#place(start, available, used);
  }

  pop(): VirtQueueElement | undefined {
    if (!this.ready || !this.#host.working) return undefined;
    this.#seenAvailable = this.#load16(this.#available + 2);
    const pending = (this.#seenAvailable - this.#nextAvailable) & 0xffff;
    if (pending === 0) return undefined;
    if (pending > this.size) return this.#broken("more buffers are available than the queue has");
    if (this.#inUse >= this.size) return this.#broken("Virtqueue size exceeded");
    const head = this.#load16(this.#available + 4 + 2 * (this.#nextAvailable % this.size));
    if (head >= this.size) return this.#broken(`Guest says index ${head} is available`);
    const element = this.#chain(head);
    if (element === undefined) return undefined;
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    this.#inUse++;
    if (this.#host.eventIndex) this.#store16(this.#used + 4 + USED_ELEMENT * this.size, this.#nextAvailable);
    return element;
  }

  unpop(_element: VirtQueueElement): void {
    this.#nextAvailable = (this.#nextAvailable - 1) & 0xffff;
    this.#inUse--;
  }

  read({ readable }: VirtQueueElement, into: Uint8Array, offset = 0): number {
    return this.#transfer(readable, into, offset, (address, bytes) => this.#host.readMemory(address, bytes));
  }

  write({ writable }: VirtQueueElement, from: Uint8Array, offset = 0): number {
    return this.#transfer(writable, from, offset, (address, bytes) => this.#host.writeMemory(address, bytes));
  }

  push({ head }: VirtQueueElement, written: number): void {
    if (!this.ready || !this.#host.working) return;
    this.#inUse--;
    this.#scratch.setUint32(0, head, true);
    this.#scratch.setUint32(4, written, true);
    this.#host.writeMemory(this.#used + 4 + USED_ELEMENT * (this.#nextUsed % this.size), this.#bytes.eight);
    const next = (this.#nextUsed + 1) & 0xffff;
    this.#store16(this.#used + 2, next);
    // The index has wrapped around what was signalled last: every comparison with it is void.
    if (this.#signalled !== undefined && ((next - this.#signalled) & 0xffff) === 0) this.#signalled = undefined;
    this.#nextUsed = next;
  }

  notify(): void {
    if (this.ready && this.#host.working && this.#wantsInterrupt()) this.#host.interrupt(this.vector);
  }

  /** §2.7.7: the driver suppresses interrupts by a flag, or names the index at which it wants the next. */
  #wantsInterrupt(): boolean {
    const availableIndex = this.#load16(this.#available + 2);
    if (this.#host.notifyOnEmpty && this.#inUse === 0 && availableIndex === this.#nextAvailable) return true;
    if (!this.#host.eventIndex) return (this.#load16(this.#available) & AVAILABLE_NO_INTERRUPT) === 0;
    const last = this.#signalled;
    this.#signalled = this.#nextUsed;
    if (last === undefined) return true;
    const event = this.#load16(this.#available + 4 + 2 * this.size);
    return ((this.#nextUsed - event - 1) & 0xffff) < ((this.#nextUsed - last) & 0xffff);
  }

  /** Follows a chain of descriptors (§2.7.5), through at most one indirect table (§2.7.5.3). */
  #chain(head: number): VirtQueueElement | undefined {
    const readable: VirtSegment[] = [];
    const writable: VirtSegment[] = [];
    let [table, entries, at] = [this.#descriptors, this.size, head];
    let isIndirect = false;
    for (let steps = 0; ;) {
      if (!this.#host.readMemory(table + at * DESCRIPTOR.length, this.#bytes.sixteen)) return undefined;
      const high = this.#scratch.getUint32(4, true);
      const address = high * 2 ** 32 + this.#scratch.getUint32(0, true);
      const length = this.#scratch.getUint32(8, true);
      const flags = this.#scratch.getUint16(12, true);
      const next = this.#scratch.getUint16(14, true);
      if (high >= SAFE_HIGH) return this.#broken("a descriptor points beyond the address space");
      if ((flags & DESCRIPTOR.indirect) !== 0) {
        if (isIndirect || length === 0 || length % DESCRIPTOR.length !== 0 || steps > 0)
          return this.#broken("Invalid size for indirect buffer table");
        isIndirect = true;
        [table, entries, at] = [address, length / DESCRIPTOR.length, 0];
        continue;
      }
      if ((flags & DESCRIPTOR.write) !== 0) writable.push({ address, length });
      else if (writable.length > 0) return this.#broken("Incorrect order for descriptors");
      else readable.push({ address, length });
      if (length === 0) return this.#broken("virtio: zero sized buffers are not allowed");
      if (++steps > Math.min(entries, QUEUE_SIZE_LIMIT)) return this.#broken("Looped descriptor");
      if ((flags & DESCRIPTOR.next) === 0) break;
      if (next >= entries) return this.#broken(`Desc next is ${next}`);
      at = next;
    }
    return { head, readable, writable, readableLength: total(readable), writableLength: total(writable) };
  }

  #transfer(
    segments: readonly VirtSegment[],
    bytes: Uint8Array,
    offset: number,
    move: (address: number, bytes: Uint8Array) => boolean,
  ): number {
    let done = 0;
    let skip = offset;
    for (const { address, length } of segments) {
      const part = Math.min(length - skip, bytes.length - done);
      if (part > 0) {
        if (!move(address + skip, bytes.subarray(done, done + part))) return done;
        done += part;
      }
      skip = Math.max(0, skip - length);
    }
    return done;
  }

  #broken(reason: string): undefined {
    this.#host.fail(reason, { queue: this.index });
    return undefined;
  }

  #place(descriptors: number, available: number, used: number): void {
    this.#descriptors = descriptors;
    this.#available = available;
    this.#used = used;
  }

  #load16(address: number): number {
    this.#scratch.setUint16(0, 0);
    this.#host.readMemory(address, this.#bytes.two);
    return this.#scratch.getUint16(0, true);
  }

  #store16(address: number, value: number): void {
    this.#scratch.setUint16(0, value, true);
    this.#host.writeMemory(address, this.#bytes.two);
  }

  #window(length: number): Uint8Array {
    return new Uint8Array(this.#scratch.buffer, 0, length);
  }
}

/** An address beyond 2^52 is nowhere: the queue then is as if it had none. */
function whole([low = 0, high = 0]: readonly number[]): number {
  return high >= SAFE_HIGH ? 0 : high * 2 ** 32 + low;
}

/** What the driver was given by a stream, as by itself. */
function within(address: bigint): number {
  return address >> 53n === 0n ? Number(address) : 0;
}

function total(segments: readonly VirtSegment[]): number {
  return segments.reduce((sum, { length }) => sum + length, 0);
}
