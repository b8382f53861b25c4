// Queued invalidation: VT-d specification 4.1 §6.5.2, §11.4 (its registers).
import { ACCESS_OK, type AddressSpace, type GuestAddress, type Logger } from "backplane";
import { Descriptor } from "./descriptor.ts";
import { beyond, pageOf } from "./guest-tables.ts";
import { EVENT_PENDING, sendPending, type SendMessage } from "./faults.ts";
import { type Invalidations, LARGEST_MASK } from "./invalidation.ts";
import { AT } from "./register-file.ts";
import type { RemappingUnit } from "./unit.ts";

const TYPE = {
  none: 0,
  context: 1,
  iotlb: 2,
  deviceIotlb: 3,
  interruptEntries: 4,
  wait: 5,
  pasidIotlb: 6,
  pasidCache: 7,
  deviceIotlbOfPasid: 8,
} as const;

const WAIT = { interrupt: 0x10, status: 0x20 } as const;
const COMPLETE = 0x1;
/** Of the address register: 2^(8+size) descriptors of 128 bits, or half as many of 256. */
const SIZE = 0x7;
const WIDE = 0x800;
const TAIL = { shift: 4, mask: 0x7fff, wideShift: 5, wideMask: 0x3fff, wideReserved: 0x10 } as const;
const HEAD_MASK = 0x7fff0;

export class InvalidationQueue {
  readonly #unit: RemappingUnit;
  readonly #invalidations: Invalidations;
  readonly #descriptor: Descriptor;
  readonly #memory: AddressSpace;
  readonly #send: SendMessage;
  readonly #log: Logger;
  isEnabled = false;
  /** Where it is, from when it was turned on. */
  base = 0;
  length = 0;
  head = 0;
  tail = 0;
  lastType: number = TYPE.none;
  #isWide = false;

  constructor(unit: RemappingUnit, invalidations: Invalidations, send: SendMessage, log: Logger) {
    this.#unit = unit;
    this.#invalidations = invalidations;
    this.#descriptor = new Descriptor(unit.tables);
    this.#memory = unit.memory;
    this.#send = send;
    this.#log = log;
  }

  reset(): void {
    this.isEnabled = false;
    this.base = this.length = this.head = this.tail = 0;
    this.lastType = TYPE.none;
    this.#isWide = false;
  }

  /** The guest wrote the address register. Only a unit with scalable mode has descriptors of 256 bits. */
  addressWritten(): void {
    const { registers, configuration } = this.#unit;
    this.#isWide = configuration.scalable && (registers.get(AT.queueAddress) & WIDE) !== 0;
  }

  /** What the address register reads as: where the queue is, once it was turned on. */
  readAddress(isUpper: boolean): number {
    if (isUpper) return Math.floor(this.base / 2 ** 32);
    return ((this.base % 2 ** 32) | (this.#unit.registers.get(AT.queueAddress) & (SIZE | WIDE))) >>> 0;
  }

  tailWritten(): void {
    const value = this.#unit.registers.get(AT.queueTail);
    if (this.#isWide && (value & TAIL.wideReserved) !== 0) {
      this.#unit.faults.reportQueueError();
      return;
    }
    this.tail = this.#isWide ? (value >>> TAIL.wideShift) & TAIL.wideMask : (value >>> TAIL.shift) & TAIL.mask;
    if (this.isEnabled && !this.#unit.faults.isQueueStopped) this.#run();
  }

  enable(): void {
    const { registers, configuration } = this.#unit;
    const low = registers.get(AT.queueAddress);
    this.base = pageOf(low, registers.get(AT.queueAddress + 4) & ~beyond(configuration.addressWidth));
    this.length = 2 ** ((low & SIZE) + (this.#isWide ? 7 : 8));
    this.isEnabled = true;
    // A tail that was there before is against the rules (§6.5.2), but there are guests that do it.
    if (this.tail !== 0 && !this.#unit.faults.isQueueStopped) this.#run();
  }

  /** Refuses while there is work, and unless the last of it was a wait. */
  disable(): boolean {
    if (!this.isEnabled || this.tail !== this.head || this.lastType !== TYPE.wait) {
      this.#log.debug("the invalidation queue cannot be turned off now", { head: this.head, tail: this.tail });
      return false;
    }
    this.#unit.registers.put(AT.queueHead, 0);
    this.#unit.registers.put(AT.queueHead + 4, 0);
    this.head = 0;
    this.isEnabled = false;
    return true;
  }

  /** The guest wrote the completion status. */
  completionWritten(): void {
    const { registers } = this.#unit;
    if ((registers.get(AT.completion) & COMPLETE) === 0) registers.clear(AT.completionControl, EVENT_PENDING);
  }

  completionControlWritten(): void {
    sendPending(this.#unit.registers, AT.completionControl, this.#send);
  }

  #run(): void {
    const { registers, faults } = this.#unit;
    if (this.tail >= this.length) {
      faults.reportQueueError();
      return;
    }
    while (this.head !== this.tail) {
      if (!this.#next()) {
        faults.reportQueueError();
        return;
      }
      registers.put(AT.queueHead, (this.head << (this.#isWide ? TAIL.wideShift : TAIL.shift)) & HEAD_MASK);
    }
  }

  #next(): boolean {
    const descriptor = this.#descriptor;
    const length = this.#isWide ? 32 : 16;
    if (!descriptor.read(this.base + this.head * length, this.#isWide)) {
      this.lastType = TYPE.none;
      return false;
    }
    this.lastType = descriptor.type;
    if (!this.#execute(descriptor)) {
      this.#log.debug("an invalidation descriptor is not valid", { head: this.head, type: descriptor.type });
      return false;
    }
    this.head = this.head + 1 === this.length ? 0 : this.head + 1;
    return true;
  }

  #execute(descriptor: Descriptor): boolean {
    switch (descriptor.type) {
      case TYPE.context:
        return descriptor.isClear(0xf1c0, 0xfffc0000, 0xffffffff, 0xffffffff) && this.#contexts(descriptor);
      case TYPE.iotlb:
        return descriptor.isClear(0xf100, 0xffffffff, 0xf80, 0) && this.#translations(descriptor);
      case TYPE.deviceIotlb:
        return descriptor.isClear(0xffe0f1f0, 0xffff0000, 0xffe, 0) && this.#deviceTranslations(descriptor);
      case TYPE.interruptEntries:
        // Entries of the interrupt remapping table are read for each interrupt, and never cached.
        return descriptor.isClear(0x07fff1e0, 0xffff0000, 0xffffffff, 0xffffffff);
      case TYPE.wait:
        return descriptor.isClear(0xfffff180, 0, 0x3, 0) && this.#wait(descriptor);
      case TYPE.pasidIotlb:
        return this.#isWide && descriptor.isClear(0xf1c0, 0xfff00000, 0xf80, 0) && this.#ofPasid(descriptor);
      case TYPE.pasidCache:
        // Entries of PASID tables are not cached either.
        return this.#unit.configuration.scalable;
      case TYPE.deviceIotlbOfPasid:
        // No device here has translations by PASID.
        return this.#isWide && descriptor.isClear(0xf000, 0xfff00000, 0x7fe, 0);
      default:
        return false;
    }
  }

  /** §6.5.2.1. */
  #contexts({ granularity, low, high }: Descriptor): boolean {
    if (granularity === 1 || granularity === 2) this.#invalidations.contexts();
    else if (granularity === 3) this.#invalidations.contextsOf(high & 0xffff, (high >>> 16) & 3);
    else this.#log.debug("no granularity", { low });
    return granularity !== 0;
  }

  /** §6.5.2.3. */
  #translations({ granularity, domain, address, mask }: Descriptor): boolean {
    switch (granularity) {
      case 1:
        this.#invalidations.translations();
        return true;
      case 2:
        this.#invalidations.translationsOf(domain);
        return true;
      case 3:
        if (mask > LARGEST_MASK) return false;
        this.#invalidations.pages(domain, address, mask);
        return true;
      default:
        return false;
    }
  }

  /** §6.5.2.4. */
  #ofPasid({ granularity, domain, high, address, mask }: Descriptor): boolean {
    const pasid = high & 0xfffff;
    if (granularity === 2) this.#invalidations.translationsOfPasid(domain, pasid);
    else if (granularity === 3) this.#invalidations.pagesOfPasid(domain, pasid, address, mask);
    return granularity >= 2;
  }

  /** §6.5.2.5. */
  #deviceTranslations({ high, third, address }: Descriptor): boolean {
    this.#invalidations.deviceTranslations(high & 0xffff, address, (third & 1) !== 0);
    return true;
  }

  /** §6.5.2.8: all that came before is done by now. */
  #wait({ low, high, third, fourth }: Descriptor): boolean {
    if ((low & (WAIT.status | WAIT.interrupt)) === 0) return false;
    if ((low & WAIT.status) !== 0) {
      const at = (fourth * 2 ** 32 + third) as GuestAddress;
      if (this.#memory.store(at, high, 4) !== ACCESS_OK) return false;
    }
    if ((low & WAIT.interrupt) !== 0) this.#complete();
    return true;
  }

  #complete(): void {
    const { registers } = this.#unit;
    if ((registers.get(AT.completion) & COMPLETE) !== 0) return;
    registers.add(AT.completion, COMPLETE);
    registers.add(AT.completionControl, EVENT_PENDING);
    sendPending(registers, AT.completionControl, this.#send);
  }
}
