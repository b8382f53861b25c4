// Submission and completion queues (NVM Express 1.4 §4.1): rings in the driver's memory.
import { CQ_ENTRY, SQ_ENTRY } from "../../nvm-express.ts";
import type { DeviceBus } from "../function.ts";
import { Command, type Completion } from "./command.ts";

export class SubmissionQueue {
  readonly id: number;
  readonly completions: CompletionQueue;
  readonly #base: number;
  readonly #entries: number;
  head = 0;
  tail = 0;
  /** Commands that were fetched and are not completed. */
  readonly pending = new Set<number>();

  constructor(id: number, base: number, entries: number, completions: CompletionQueue) {
    this.id = id;
    this.#base = base;
    this.#entries = entries;
    this.completions = completions;
  }

  get isEmpty(): boolean {
    return this.head === this.tail;
  }

  /** False for what is no place in the ring. */
  ring(tail: number): boolean {
    if (tail >= this.#entries) return false;
    this.tail = tail;
    return true;
  }

  /** The next command; undefined when it cannot be read. */
  fetch(bus: DeviceBus): Command | undefined {
    const command = new Command(this.id);
    if (!bus.read(this.#base + this.head * SQ_ENTRY, command.bytes)) return undefined;
    this.head = (this.head + 1) % this.#entries;
    return command;
  }
}

export class CompletionQueue {
  readonly id: number;
  /** Undefined: it interrupts nobody. */
  readonly vector: number | undefined;
  readonly #base: number;
  readonly #entries: number;
  readonly #waiting: Uint8Array[] = [];
  #head = 0;
  #tail = 0;
  #phase = 1;

  constructor(id: number, base: number, entries: number, vector: number | undefined) {
    this.id = id;
    this.#base = base;
    this.#entries = entries;
    this.vector = vector;
  }

  /** False for what is no place in the ring, and for entries that were never there. */
  ring(head: number): boolean {
    if (head >= this.#entries) return false;
    const used = (this.#tail - this.#head + this.#entries) % this.#entries;
    const taken = (head - this.#head + this.#entries) % this.#entries;
    if (taken > used) return false;
    this.#head = head;
    return true;
  }

  get isFull(): boolean {
    return (this.#tail + 1) % this.#entries === this.#head;
  }

  /** Waits in line where the ring is full. */
  post(queue: SubmissionQueue, command: number, { status, result = 0 }: Completion): void {
    const entry = new Uint8Array(CQ_ENTRY);
    const view = new DataView(entry.buffer);
    view.setUint32(0, result, true);
    view.setUint16(8, queue.head, true);
    view.setUint16(10, queue.id, true);
    view.setUint16(12, command, true);
    view.setUint16(14, status << 1, true);
    this.#waiting.push(entry);
  }

  /** Writes what there is room for. Undefined: the driver's memory could not be written. */
  flush(bus: DeviceBus): number | undefined {
    let posted = 0;
    for (let entry = this.#waiting[0]; entry !== undefined && !this.isFull; entry = this.#waiting[0]) {
      this.#waiting.shift();
      entry[14] = ((entry[14] ?? 0) & 0xfe) | this.#phase;
      if (!bus.write(this.#base + this.#tail * CQ_ENTRY, entry)) return undefined;
      this.#tail = (this.#tail + 1) % this.#entries;
      if (this.#tail === 0) this.#phase ^= 1;
      posted++;
    }
    return posted;
  }
}
