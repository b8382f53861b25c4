// Transmission: 82574 Datasheet §7.2 (descriptors), §7.3 (offloads).
import type { PciFunction } from "backplane/plugins/pci/contract";
import type { Interrupts } from "./interrupts.ts";
import {
  castOf,
  parsePacket,
  read16,
  VLAN_HEADER,
  write16,
  writeIpv4Checksum,
  writeTransportChecksum,
  type Packet,
} from "./packet.ts";
import { CAUSE, CTRL, IVAR_EVERY_WRITE_BACK, R, TARC_ENABLE, TCTL_ENABLE } from "./registers.ts";
import { Ring } from "./ring.ts";
import { segment } from "./segmentation.ts";
import { count, countTransmitted } from "./statistics.ts";

const DESCRIPTOR = 16;
/** Pieces of one frame; one with more is dropped. */
const MOST_PIECES = 64;
const COMMAND = {
  dataType: 0x0010_0000,
  endOfPacket: 0x0100_0000,
  segmentation: 0x0400_0000,
  reportStatus: 0x0800_0000,
  extended: 0x2000_0000,
  vlan: 0x4000_0000,
  delay: 0x8000_0000,
} as const;
const DONE = 0x1;
const OPTION = { ip: 0x1, transport: 0x2 } as const;
/** Places in a context descriptor. */
const CONTEXT = { command: 8, segmentSize: 14 } as const;
const CONTEXT_SEGMENTATION = 0x0400_0000;
const TAG_AT = 12;

/** What a migration carries of a queue besides the registers. */
export interface QueueState {
  readonly context: DataView<ArrayBuffer>;
  options: number;
  wantsSegments: boolean;
  isBad: boolean;
}

/** One queue: what its last context descriptor said, and the frame that is being put together. */
class Queue {
  readonly ring: Ring;
  readonly arbitration: number;
  readonly cause: number;
  /** The last context descriptor: §7.2.2. */
  readonly context = new DataView(new ArrayBuffer(DESCRIPTOR));
  pieces: Uint8Array[] = [];
  isBad = false;
  options = 0;
  wantsSegments = false;

  constructor(ring: Ring, arbitration: number, cause: number) {
    this.ring = ring;
    this.arbitration = arbitration;
    this.cause = cause;
  }

  forgetFrame(): void {
    this.pieces = [];
    this.isBad = false;
    this.options = 0;
    this.wantsSegments = false;
  }

  get segments(): boolean {
    return (this.context.getUint32(CONTEXT.command, true) & CONTEXT_SEGMENTATION) !== 0;
  }

  get segmentSize(): number {
    return this.context.getUint16(CONTEXT.segmentSize, true);
  }

  reset(): void {
    new Uint8Array(this.context.buffer).fill(0);
    this.isBad = false;
  }

  captureState(): QueueState {
    const { options, wantsSegments, isBad } = this;
    return { context: new DataView(this.context.buffer.slice(0)), options, wantsSegments, isBad };
  }

  restoreState({ context, options, wantsSegments, isBad }: QueueState): void {
    new Uint8Array(this.context.buffer).set(new Uint8Array(context.buffer));
    this.options = options;
    this.wantsSegments = wantsSegments;
    this.isBad = isBad;
  }
}

export class Transmitter {
  readonly #registers: Uint32Array;
  readonly #card: PciFunction;
  readonly #interrupts: Interrupts;
  readonly #queues: readonly [Queue, Queue];
  readonly #descriptor = new DataView(new ArrayBuffer(DESCRIPTOR));
  readonly #descriptorBytes = new Uint8Array(this.#descriptor.buffer);
  readonly #send: (frame: Uint8Array) => void;
  #isRunning = false;

  constructor(registers: Uint32Array, card: PciFunction, interrupts: Interrupts, send: (frame: Uint8Array) => void) {
    this.#registers = registers;
    this.#card = card;
    this.#interrupts = interrupts;
    this.#send = send;
    this.#queues = [
      new Queue(new Ring(registers, R.TDBAL), R.TARC0, CAUSE.transmitQueue0),
      new Queue(new Ring(registers, R.TDBAL1), R.TARC1, CAUSE.transmitQueue1),
    ];
  }

  reset(): void {
    for (const queue of this.#queues) queue.reset();
  }

  captureState(): readonly QueueState[] {
    return this.#queues.map((queue) => queue.captureState());
  }

  restoreState(states: readonly QueueState[]): void {
    for (const [index, queue] of this.#queues.entries()) {
      const state = states[index];
      if (state !== undefined) queue.restoreState(state);
    }
  }

  /** TCTL was written: both queues may go. */
  startAll(): void {
    this.start(0);
    this.start(1);
  }

  /** A tail has moved. */
  start(index: 0 | 1): void {
    const queue = this.#queues[index];
    const registers = this.#registers;
    if (((registers[queue.arbitration] ?? 0) & TARC_ENABLE) === 0) return;
    // A descriptor may lie about where its data are: in the registers of this card, for one.
    if (((registers[R.TCTL] ?? 0) & TCTL_ENABLE) === 0 || this.#isRunning) return;
    this.#isRunning = true;
    let causes: number = CAUSE.transmitQueueEmpty;
    let delay = false;
    // A ring of a mebibyte has 65535 descriptors; a guest that moves its tail meanwhile does not get more at a time.
    for (let left = 0x1_0000; left > 0 && !queue.ring.isEmpty; left--) {
      const at = queue.ring.address;
      this.#read(at, this.#descriptorBytes);
      const command = this.#descriptor.getUint32(8, true);
      this.#process(queue, command);
      if ((command & COMMAND.reportStatus) !== 0 || ((registers[R.IVAR] ?? 0) & IVAR_EVERY_WRITE_BACK) !== 0) {
        delay = (command & COMMAND.delay) !== 0;
        this.#descriptor.setUint32(12, this.#descriptor.getUint32(12, true) | DONE, true);
        this.#card.writeMemory(at + 12, this.#descriptorBytes.subarray(12));
        causes |= this.#interrupts.separate ? queue.cause : CAUSE.transmitWrittenBack;
      }
      queue.ring.advance(1);
    }
    this.#isRunning = false;
    this.#interrupts.transmitted(causes, delay);
    // Pieces of a frame whose end has not come with them are lost.
    queue.pieces = [];
  }

  #process(queue: Queue, command: number): void {
    const isExtended = (command & COMMAND.extended) !== 0;
    const isData = isExtended && (command & COMMAND.dataType) !== 0;
    if (isExtended && !isData) {
      new Uint8Array(queue.context.buffer).set(this.#descriptorBytes);
      return;
    }
    if (isData) queue.options = this.#descriptor.getUint8(13);
    queue.wantsSegments = isData && (command & COMMAND.segmentation) !== 0;
    this.#append(queue, command & 0xffff);
    if ((command & COMMAND.endOfPacket) === 0) return;
    if (!queue.isBad) this.#finish(queue, command);
    queue.forgetFrame();
  }

  #append(queue: Queue, length: number): void {
    if (queue.isBad) return;
    if (length === 0 || queue.pieces.length >= MOST_PIECES) {
      queue.isBad = true;
      return;
    }
    const piece = new Uint8Array(length);
    const high = this.#descriptor.getUint32(4, true);
    this.#read(high * 2 ** 32 + this.#descriptor.getUint32(0, true), piece);
    queue.pieces.push(piece);
  }

  #finish(queue: Queue, command: number): void {
    let frame = joined(queue.pieces);
    let packet = parsePacket(frame);
    if (packet === undefined) return;
    const cast = castOf(frame);
    if (((this.#registers[R.CTRL] ?? 0) & CTRL.vlanMode) !== 0 && (command & COMMAND.vlan) !== 0) {
      frame = tagged(frame, this.#registers[R.VET] ?? 0, this.#descriptor.getUint16(14, true));
      packet = { ...packet, linkLength: packet.linkLength + VLAN_HEADER };
    }
    const { length } = frame;
    if (this.#sendOut(queue, frame, packet)) countTransmitted(this.#registers, length, cast);
  }

  #sendOut(queue: Queue, frame: Uint8Array, packet: Packet): boolean {
    if (queue.segments && queue.wantsSegments) {
      const isSent = segment(frame, packet, queue.segmentSize, this.#send);
      if (isSent) count(this.#registers, R.TSCTC);
      return isSent;
    }
    // Nobody looks whether there is a checksum: an IPv6 header has other fields in those places.
    if ((queue.options & OPTION.ip) !== 0 && packet.family !== undefined) {
      write16(frame, packet.linkLength + 2, frame.length - packet.linkLength);
      writeIpv4Checksum(frame, packet);
    }
    if ((queue.options & OPTION.transport) !== 0 && !writeTransportChecksum(frame, packet)) return false;
    fixPayloadLength(frame, packet);
    this.#send(frame);
    return true;
  }

  /** What bus mastering does not reach reads as zeros. */
  #read(address: number, into: Uint8Array): void {
    if (!Number.isSafeInteger(address) || !this.#card.readMemory(address, into)) into.fill(0);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const frame = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  return frame;
}

/** RFC 2675: a length of zero is a jumbogram's, and those that a frame can hold are none. */
function fixPayloadLength(frame: Uint8Array, { family, linkLength, networkLength }: Packet): void {
  const payload = frame.length - linkLength - networkLength;
  if (family !== "ipv6" || read16(frame, linkLength + 4) !== 0 || payload > 0xffff) return;
  write16(frame, linkLength + 4, payload);
}

/** With the tag before the type: §7.5.1. */
function tagged(frame: Uint8Array, type: number, tag: number): Uint8Array {
  const result = new Uint8Array(frame.length + VLAN_HEADER);
  result.set(frame.subarray(0, TAG_AT));
  write16(result, TAG_AT, type);
  write16(result, TAG_AT + 2, tag);
  result.set(frame.subarray(TAG_AT), TAG_AT + VLAN_HEADER);
  return result;
}
