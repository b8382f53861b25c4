// Reception: 82574 Datasheet §7.1 (descriptors and their write-back), §10.2.5 (registers).
import type { PciFunction } from "backplane/plugins/pci/contract";
import type { Interrupts } from "./interrupts.ts";
import { castOf, parsePacket, PROTOCOL, read16, type Packet } from "./packet.ts";
import { isTagged, passes, stripsTags } from "./receive-filter.ts";
import { isAcknowledge, isTransport, RECEIVED, statusOf, UNFINISHED, type ReceiveStatus } from "./receive-status.ts";
import { CAUSE, R, RCTL, RFCTL, STATUS } from "./registers.ts";
import { Ring } from "./ring.ts";
import { isScaling, scale, type ScalingResult } from "./rss.ts";
import { count, countReceived } from "./statistics.ts";

const UNIT = 16;
/** Without the check sequence; a shorter frame is padded. */
const SHORTEST = 60;
/** With a tag, of a frame that is not "long"; and of any. */
const LONGEST = 1518;
const LONGEST_OF_ALL = 16 * 1024 - 4;
const BUFFERS = 4;
/** PSRCTL (§10.2.5.3): units of the four buffers of a split descriptor. */
const SPLIT_UNITS = [128, 1024, 1024, 1024] as const;
const SPLIT_MASKS = [0x7f, 0x3f, 0x3f, 0x3f] as const;
const HEADER_SPLIT = 0x8000;

type Layout = "legacy" | "extended" | "split";
const STATUS_AT: { readonly [L in Layout]: number } = { legacy: 12, extended: 8, split: 8 };

/** What a migration carries besides the registers. */
export interface ReceiverState {
  thresholdShift: number;
  /** Of a descriptor, in bytes; 0 where reception was never enabled. */
  descriptorLength: number;
  readonly sizes: Uint32Array;
  total: number;
}

export class Receiver {
  readonly #registers: Uint32Array;
  readonly #card: PciFunction;
  readonly #interrupts: Interrupts;
  readonly #rings: readonly [Ring, Ring];
  readonly #sizes = new Uint32Array(BUFFERS);
  readonly #descriptor = new DataView(new ArrayBuffer(2 * UNIT));
  readonly #bytes = new Uint8Array(this.#descriptor.buffer);
  /** In units; as it was when reception was enabled, whatever the guest has said since. None before it ever was. */
  #units = 0;
  #total = 0;
  #thresholdShift = 5;

  constructor(registers: Uint32Array, card: PciFunction, interrupts: Interrupts) {
    this.#registers = registers;
    this.#card = card;
    this.#interrupts = interrupts;
    this.#rings = [new Ring(registers, R.RDBAL0), new Ring(registers, R.RDBAL1)];
  }

  reset(): void {
    this.#thresholdShift = 5;
  }

  captureState(): ReceiverState {
    return {
      thresholdShift: this.#thresholdShift,
      descriptorLength: this.#units * UNIT,
      sizes: this.#sizes.slice(),
      total: this.#total,
    };
  }

  /** After the registers. Sizes with which reception would never end are taken from the registers. */
  restoreState({ thresholdShift, descriptorLength, sizes }: ReceiverState): void {
    this.#sizes.set(sizes);
    this.#total = sizes.reduce((sum, size) => sum + size, 0);
    this.#units = Math.min(descriptorLength / UNIT, 2) | 0;
    this.#thresholdShift = thresholdShift & 0x1f;
    const isConfigured = this.#units > 0 && this.#total > 0;
    if (!isConfigured && (this.#get(R.RCTL) & RCTL.enable) !== 0) this.configure();
  }

  get isReady(): boolean {
    return this.#isEnabled && this.#card.busMaster && this.#rings.some((ring) => ring.isEnabled && this.#fits(ring, 1));
  }

  /** RCTL was written with the receiver enabled: sizes hold from here on. */
  configure(): void {
    const control = this.#get(R.RCTL);
    this.#sizes.fill(0);
    if ((control & RCTL.descriptorType) !== 0) {
      const split = this.#get(R.PSRCTL);
      for (let index = 0; index < BUFFERS; index++) {
        this.#sizes[index] = ((split >>> (8 * index)) & (SPLIT_MASKS[index] ?? 0)) * (SPLIT_UNITS[index] ?? 0);
      }
    } else if ((control & RCTL.flexibleSize) !== 0) {
      this.#sizes[0] = ((control & RCTL.flexibleSize) >>> 27) * 1024;
    } else {
      this.#sizes[0] = bufferSize(control);
    }
    this.#total = this.#sizes.reduce((sum, size) => sum + size, 0);
    this.#units = this.#layout === "split" ? 2 : 1;
    this.#thresholdShift = ((control >>> 8) & 3) + 5;
  }

  /** False: there is no room, and the network is to keep the frame. */
  receive(given: Uint8Array): boolean {
    if (!this.#isEnabled) return true;
    const registers = this.#registers;
    let frame = given;
    if (frame.length < SHORTEST) {
      frame = new Uint8Array(SHORTEST);
      frame.set(given);
      count(registers, R.RUC);
    }
    if (this.#isTooLong(frame.length)) {
      count(registers, R.ROC);
      return true;
    }
    if (!passes(registers, frame)) return true;
    const cast = castOf(frame);
    let tag: number | undefined;
    if (stripsTags(registers) && isTagged(registers, frame)) {
      tag = read16(frame, 14);
      const stripped = new Uint8Array(frame.length - 4);
      stripped.set(frame.subarray(0, 12));
      stripped.set(frame.subarray(16), 12);
      frame = stripped;
    }
    const packet = parsePacket(frame);
    const scaling = isScaling(registers) ? scale(registers, frame, packet) : undefined;
    const queue = scaling?.queue ?? 0;
    const ring = this.#rings[queue];
    const stored = frame.length + this.#checkLength;
    if (!this.#fits(ring, stored)) {
      this.#interrupts.received(CAUSE.receiveOverrun);
      return false;
    }
    this.#store(ring, frame, packet, scaling, tag);
    countReceived(registers, frame.length, stored, cast);
    this.#interrupts.received(this.#causes(ring, queue, stored, isAcknowledge(registers, frame, packet)));
    return true;
  }

  #causes(ring: Ring, queue: 0 | 1, stored: number, acknowledges: boolean): number {
    let causes = stored < this.#get(R.RSRPD) ? CAUSE.smallPacket : 0;
    if (acknowledges && (this.#get(R.RFCTL) & RFCTL.acknowledgeOff) === 0) causes |= CAUSE.acknowledge;
    if (this.#interrupts.separate) return causes | (queue === 0 ? CAUSE.receiveQueue0 : CAUSE.receiveQueue1);
    if (ring.available === ring.length >>> this.#thresholdShift) causes |= CAUSE.receiveThreshold;
    return causes | CAUSE.receiveTimer;
  }

  /** Fills descriptors until the frame is in memory. */
  #store(
    ring: Ring,
    frame: Uint8Array,
    packet: Packet | undefined,
    scaling: ScalingResult | undefined,
    tag: number | undefined,
  ): void {
    const layout = this.#layout;
    const total = frame.length + this.#checkLength;
    const header = layout === "split" ? this.#splitAt(frame, packet) : undefined;
    let offset = 0;
    let taken = 0;
    while (offset < total && !ring.isEmpty) {
      const at = ring.address;
      if (!this.#card.readMemory(at, this.#bytes.subarray(0, UNIT * this.#units))) this.#bytes.fill(0);
      const piece = Math.min(total - offset, this.#total);
      const isLast = offset + piece >= total;
      const written = [0, 0, 0, 0];
      if (this.#address(0) !== 0) {
        taken += this.#fill(frame, taken, layout, written, offset === 0 ? header : undefined, header !== undefined);
        if (isLast) this.#append(written, layout, this.#checkLength);
      }
      offset += piece;
      const status = isLast ? statusOf(this.#registers, frame, packet, scaling, tag) : UNFINISHED;
      this.#describe(layout, written, status, header);
      this.#writeBack(at, layout, status.status);
      ring.advance(this.#units);
    }
  }

  /** Data into the buffers of one descriptor; returns how much of the frame went in. */
  #fill(
    frame: Uint8Array,
    from: number,
    layout: Layout,
    written: number[],
    header: number | undefined,
    isSplit: boolean,
  ): number {
    let left = Math.min(frame.length - from, this.#total);
    let at = from;
    let buffer = 0;
    if (header !== undefined) {
      this.#card.writeMemory(this.#address(0), frame.subarray(at, at + header));
      written[0] = header;
      at += header;
      left -= header;
    }
    // The first buffer is for headers; those of later descriptors stay empty.
    if (isSplit) buffer = 1;
    const last = layout === "split" ? BUFFERS : 1;
    for (; buffer < last && left > 0; buffer++) {
      const room = (this.#sizes[buffer] ?? 0) - (written[buffer] ?? 0);
      const length = Math.min(left, room);
      if (length <= 0) continue;
      this.#card.writeMemory(this.#address(buffer) + (written[buffer] ?? 0), frame.subarray(at, at + length));
      written[buffer] = (written[buffer] ?? 0) + length;
      at += length;
      left -= length;
    }
    return at - from;
  }

  /** The check sequence, which the network does not have: zeros stand for it behind the data. */
  #append(written: number[], layout: Layout, length: number): void {
    const last = layout === "split" ? BUFFERS : 1;
    let left = length;
    let buffer = 0;
    for (let index = 0; index < last; index++) if ((written[index] ?? 0) > 0) buffer = index;
    for (; buffer < last && left > 0; buffer++) {
      const used = written[buffer] ?? 0;
      const part = Math.min(left, Math.max(0, (this.#sizes[buffer] ?? 0) - used));
      if (part === 0) continue;
      this.#card.writeMemory(this.#address(buffer) + used, new Uint8Array(part));
      written[buffer] = used + part;
      left -= part;
    }
  }

  #describe(layout: Layout, written: readonly number[], result: ReceiveStatus, header: number | undefined): void {
    const view = this.#descriptor;
    const length = written[0] ?? 0;
    if (layout === "legacy") {
      view.setUint16(8, length, true);
      view.setUint16(10, 0, true);
      view.setUint8(12, result.status & 0xff);
      view.setUint8(13, result.status >>> 24);
      if ((result.status & RECEIVED.vlan) !== 0) view.setUint16(14, result.tag, true);
      return;
    }
    this.#bytes.fill(0);
    view.setUint32(0, result.scaling, true);
    // The identification has the upper half of where the hash would be.
    if ((result.status & RECEIVED.identification) !== 0) view.setUint16(4, result.hash, true);
    else view.setUint32(4, result.hash, true);
    view.setUint32(8, result.status, true);
    view.setUint16(12, length, true);
    view.setUint16(14, result.tag, true);
    if (layout === "extended") return;
    view.setUint16(16, header === undefined ? 0 : header | HEADER_SPLIT, true);
    for (let index = 1; index < BUFFERS; index++) view.setUint16(16 + 2 * index, written[index] ?? 0, true);
  }

  /** A guest that polls must not see the descriptor done before the rest of it is there. */
  #writeBack(at: number, layout: Layout, status: number): void {
    const place = STATUS_AT[layout];
    this.#descriptor.setUint8(place, status & 0xff & ~RECEIVED.done);
    this.#card.writeMemory(at, this.#bytes.subarray(0, UNIT * this.#units));
    this.#descriptor.setUint8(place, status & 0xff);
    this.#card.writeMemory(at + place, this.#bytes.subarray(place, place + 1));
  }

  /** Where headers end, if they go to a buffer of their own (§7.1.6.1). */
  #splitAt(frame: Uint8Array, packet: Packet | undefined): number | undefined {
    if (packet?.family === undefined) return undefined;
    if (packet.isFragment && (this.#get(R.RFCTL) & RFCTL.noFragmentSplit) !== 0) return undefined;
    const ip = packet.linkLength + packet.networkLength;
    let end = ip;
    if (isTransport(frame, packet)) {
      end += packet.protocol === PROTOCOL.tcp ? ((frame[ip + 12] ?? 0) >>> 4) * 4 : 8;
    }
    return end > (this.#sizes[0] ?? 0) || end > frame.length ? undefined : end;
  }

  #address(buffer: number): number {
    if (buffer > 0 && this.#layout !== "split") return 0;
    return this.#descriptor.getUint32(8 * buffer + 4, true) * 2 ** 32 + this.#descriptor.getUint32(8 * buffer, true);
  }

  #fits(ring: Ring, length: number): boolean {
    return length <= Math.floor(ring.available / this.#units) * this.#total;
  }

  #isTooLong(length: number): boolean {
    const control = this.#get(R.RCTL);
    if ((control & RCTL.storeBad) !== 0) return false;
    return length > LONGEST_OF_ALL || (length > LONGEST && (control & RCTL.longPackets) === 0);
  }

  get #isEnabled(): boolean {
    return (this.#get(R.STATUS) & STATUS.linkUp) !== 0 && (this.#get(R.RCTL) & RCTL.enable) !== 0;
  }

  get #checkLength(): number {
    return (this.#get(R.RCTL) & RCTL.stripChecksum) === 0 ? 4 : 0;
  }

  get #layout(): Layout {
    if ((this.#get(R.RFCTL) & RFCTL.extended) === 0) return "legacy";
    return (this.#get(R.RCTL) & RCTL.packetSplit) === 0 ? "extended" : "split";
  }

  #get(index: number): number {
    return this.#registers[index] ?? 0;
  }
}

/** §10.2.5.1, BSIZE with BSEX. */
function bufferSize(control: number): number {
  const code = (control & RCTL.bufferSize) >>> 16;
  if ((control & RCTL.sizeExtension) !== 0) return code === 0 ? 2048 : 32_768 >>> code;
  return 2048 >>> code;
}
