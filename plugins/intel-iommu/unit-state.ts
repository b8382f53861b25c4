// The unit's state as one object of plain data: what a migration carries. Caches are not part of it.
import { REGISTERS_LENGTH } from "./register-file.ts";
import type { UnitParts } from "./registers.ts";

export interface UnitState {
  rootTable: bigint;
  remappingTable: bigint;
  queue: bigint;
  remappingEntries: number;
  queueHead: number;
  queueTail: number;
  queueLength: number;
  /** There is one fault record. */
  nextFaultRecord: number;
  registers: Uint8Array;
  lastDescriptor: number;
  isTranslating: boolean;
  isQueueing: boolean;
  isRemapping: boolean;
  isExtended: boolean;
}

export function captureState({ unit, queue, interrupts }: UnitParts): UnitState {
  return {
    rootTable: BigInt(unit.root.address),
    remappingTable: BigInt(interrupts.table),
    queue: BigInt(queue.base),
    remappingEntries: interrupts.entries,
    queueHead: queue.head,
    queueTail: queue.tail,
    queueLength: queue.length,
    nextFaultRecord: 0,
    registers: unit.registers.bytes.slice(),
    lastDescriptor: queue.lastType,
    isTranslating: unit.isTranslating,
    isQueueing: queue.isEnabled,
    isRemapping: interrupts.isEnabled,
    isExtended: interrupts.isExtended,
  };
}

/** Modes follow from the registers; where translators stand, from the tables. */
export function restoreState({ unit, queue, interrupts, spaces }: UnitParts, state: UnitState): void {
  unit.registers.bytes.set(state.registers.subarray(0, REGISTERS_LENGTH));
  unit.root.takeMode(unit.registers);
  unit.root.address = Number(state.rootTable);
  unit.isTranslating = state.isTranslating;
  queue.addressWritten();
  queue.base = Number(state.queue);
  queue.head = state.queueHead;
  queue.tail = state.queueTail;
  queue.length = state.queueLength;
  queue.lastType = state.lastDescriptor;
  queue.isEnabled = state.isQueueing;
  interrupts.table = Number(state.remappingTable);
  interrupts.entries = state.remappingEntries;
  interrupts.isEnabled = state.isRemapping;
  interrupts.isExtended = state.isExtended;
  unit.forgetAll();
  spaces.switchAll();
}
