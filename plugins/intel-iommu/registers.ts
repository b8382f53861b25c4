// The guest's access to the registers, and what each write sets off: VT-d specification 4.1 §11.4.
import {
  ACCESS_REFUSED,
  byteLength,
  READ_FAILED,
  type AccessFault,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import { pageOf } from "./guest-tables.ts";
import type { FunctionSpaces } from "./function-spaces.ts";
import type { InterruptRemapper } from "./interrupt-remapping.ts";
import { type Invalidations, LARGEST_MASK } from "./invalidation.ts";
import type { InvalidationQueue } from "./invalidation-queue.ts";
import { AT, REGISTERS_LENGTH } from "./register-file.ts";
import type { RemappingUnit } from "./unit.ts";

export const IOMMU_ADDRESS = 0xfed90000;

/** §11.4.4. The status register (§11.4.5) has the bits in the same places. */
const COMMAND = {
  translate: 0x80000000,
  setRootTable: 0x40000000,
  queue: 0x04000000,
  remapInterrupts: 0x02000000,
  setRemappingTable: 0x01000000,
} as const;
/** "Do it", in the upper halves of the invalidation commands; cleared when it is done. */
const INVALIDATE = 0x80000000;
/** Where what was done is told, and in which steps: 1 all, 2 a domain, 3 a device or pages. */
const DONE = { context: 0x18000000, contextStep: 0x08000000, iotlb: 0x06000000, iotlbStep: 0x02000000 } as const;

export interface UnitParts {
  readonly unit: RemappingUnit;
  readonly spaces: FunctionSpaces;
  readonly invalidations: Invalidations;
  readonly queue: InvalidationQueue;
  readonly interrupts: InterruptRemapper;
}

export class RemappingRegisters {
  readonly region: MemoryRegion;
  readonly #parts: UnitParts;
  /** A write is being carried out: what it makes the unit do cannot reach the registers again. */
  #isBusy = false;

  constructor(regions: MemoryRegions, parts: UnitParts) {
    this.#parts = parts;
    this.region = regions.io("intel_iommu", byteLength(REGISTERS_LENGTH), {
      valid: { min: 4, max: 8 },
      impl: { min: 4, max: 4 },
      read: (offset) => (this.#isBusy ? READ_FAILED : this.#read(offset)),
      write: (offset, value) => this.#write(offset, value),
    });
  }

  reset(): void {
    const { unit, spaces, queue, interrupts } = this.#parts;
    unit.registers.reset();
    unit.root.address = 0;
    unit.root.isScalable = false;
    unit.isTranslating = false;
    interrupts.isEnabled = false;
    queue.reset();
    unit.forgetAll();
    spaces.refresh();
  }

  #read(offset: number): number {
    if (offset === AT.queueAddress || offset === AT.queueAddress + 4) {
      return this.#parts.queue.readAddress(offset !== AT.queueAddress);
    }
    return this.#parts.unit.registers.read(offset);
  }

  #write(offset: number, value: number): AccessFault | undefined {
    if (this.#isBusy) return ACCESS_REFUSED;
    this.#isBusy = true;
    try {
      this.#parts.spaces.startWork();
      this.#parts.unit.registers.write(offset, value);
      this.#written(offset);
      this.#parts.spaces.endWork();
    } finally {
      this.#isBusy = false;
    }
    return undefined;
  }

  #written(offset: number): void {
    const { unit, queue } = this.#parts;
    switch (offset) {
      case AT.command:
        this.#execute();
        return;
      case AT.contextCommand + 4:
        this.#invalidateContexts();
        return;
      case AT.iotlb + 4:
        this.#invalidateTranslations();
        return;
      case AT.faultStatus:
        unit.faults.statusWritten();
        return;
      case AT.faultControl:
        unit.faults.controlWritten();
        return;
      case AT.faultRecord + 12:
        unit.faults.recordWritten();
        return;
      case AT.queueTail:
        queue.tailWritten();
        return;
      case AT.queueAddress:
        queue.addressWritten();
        return;
      case AT.completion:
        queue.completionWritten();
        return;
      case AT.completionControl:
        queue.completionControlWritten();
    }
  }

  /** What is turned on or off is told from what is on. */
  #execute(): void {
    const { unit, interrupts } = this.#parts;
    const { registers, configuration } = unit;
    const command = registers.get(AT.command);
    const changed = registers.get(AT.status) ^ command;
    const isSet = (bit: number): boolean => (command & bit) !== 0;
    if ((changed & COMMAND.translate) !== 0 && configuration.translation) this.#translate(isSet(COMMAND.translate));
    if (isSet(COMMAND.setRootTable)) this.#setRootTable();
    if ((changed & COMMAND.queue) !== 0) this.#enableQueue(isSet(COMMAND.queue));
    if (isSet(COMMAND.setRemappingTable)) {
      interrupts.setTable();
      registers.add(AT.status, COMMAND.setRemappingTable);
    }
    if ((changed & COMMAND.remapInterrupts) !== 0 && configuration.interruptRemapping) {
      interrupts.isEnabled = isSet(COMMAND.remapInterrupts);
      this.#show(COMMAND.remapInterrupts, interrupts.isEnabled);
    }
  }

  #show(bit: number, isOn: boolean): void {
    const { registers } = this.#parts.unit;
    if (isOn) registers.add(AT.status, bit);
    else registers.clear(AT.status, bit);
  }

  #translate(isOn: boolean): void {
    const { unit, spaces } = this.#parts;
    unit.isTranslating = isOn;
    this.#show(COMMAND.translate, isOn);
    unit.forgetAll();
    spaces.refresh();
  }

  #setRootTable(): void {
    const { unit, spaces } = this.#parts;
    unit.root.takeAddress(unit.registers);
    this.#show(COMMAND.setRootTable, true);
    unit.forgetAll();
    spaces.refresh();
  }

  #enableQueue(isOn: boolean): void {
    const { queue } = this.#parts;
    if (!isOn) {
      if (queue.disable()) this.#show(COMMAND.queue, false);
      return;
    }
    this.#show(COMMAND.queue, true);
    queue.enable();
  }

  /** §11.4.7. While there is a queue the register does nothing. */
  #invalidateContexts(): void {
    const { unit, invalidations, queue } = this.#parts;
    const { registers } = unit;
    const low = registers.get(AT.contextCommand);
    const high = registers.get(AT.contextCommand + 4);
    if ((high & INVALIDATE) === 0 || queue.isEnabled) return;
    const granularity = (high >>> 29) & 3;
    if (granularity === 3) invalidations.contextsOf(low >>> 16, high & 3);
    else if (granularity !== 0) invalidations.contexts();
    // A domain's entries are not told apart: all of them went.
    const done = (granularity === 2 ? 1 : granularity) * DONE.contextStep;
    registers.put(AT.contextCommand + 4, (registers.get(AT.contextCommand + 4) & ~(INVALIDATE | DONE.context)) | done);
  }

  /** §11.4.8. */
  #invalidateTranslations(): void {
    const { unit, queue } = this.#parts;
    const { registers } = unit;
    const high = registers.get(AT.iotlb + 4);
    if ((high & INVALIDATE) === 0 || queue.isEnabled) return;
    const done = this.#invalidated((high >>> 28) & 3, high & 0xffff) * DONE.iotlbStep;
    registers.put(AT.iotlb + 4, (high & ~(INVALIDATE | DONE.iotlb)) | done);
  }

  /** What was done of what was asked for; 0 is nothing. */
  #invalidated(granularity: number, domain: number): number {
    const { unit, invalidations } = this.#parts;
    const low = unit.registers.get(AT.invalidateAddress);
    const mask = low & 0x3f;
    if (granularity === 1) invalidations.translations();
    if (granularity === 2) invalidations.translationsOf(domain);
    if (granularity !== 3) return granularity;
    if (mask > LARGEST_MASK) return 0;
    invalidations.pages(domain, pageOf(low, unit.registers.get(AT.invalidateAddress + 4)), mask);
    return granularity;
  }
}
