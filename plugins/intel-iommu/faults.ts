// Fault logging in the one primary fault record: VT-d specification 4.1 §7.2 and §11.4.9 to §11.4.13.
import type { Logger } from "backplane";
import { AT, type RegisterFile } from "./register-file.ts";
import { type FaultReason, isQualified } from "./reasons.ts";

const STATUS = { overflow: 0x01, pending: 0x02, queueError: 0x10, index: 0xff00 } as const;
const EVENT = { masked: 0x80000000, pending: 0x40000000 } as const;
const RECORD = { fault: 0x80000000, read: 0x40000000, hasPasid: 0x80000000 } as const;
const PAGE = 4096;
const HIGH = 2 ** 32;

/** Sends a message to the processors, past remapping. */
export type SendMessage = (address: number, data: number) => void;

export interface DmaFault {
  readonly source: number;
  readonly address: number;
  readonly reason: FaultReason;
  readonly isWrite: boolean;
  /** The entry of the tables says that faults are not to be processed. */
  readonly isDisabled: boolean;
  readonly pasid: number;
  readonly hasPasid: boolean;
}

export class FaultLog {
  readonly #registers: RegisterFile;
  readonly #send: SendMessage;
  readonly #log: Logger;

  constructor(registers: RegisterFile, send: SendMessage, log: Logger) {
    this.#registers = registers;
    this.#send = send;
    this.#log = log;
  }

  /** A request for memory was blocked. The record's PASID is filled in even where the request had none, as in the peer. */
  report({ source, address, reason, isWrite, isDisabled, pasid, hasPasid }: DmaFault): void {
    this.#log.debug("a request was blocked", { source, address, reason, isWrite });
    if (isDisabled && isQualified(reason)) return;
    const page = address - (address % PAGE);
    const top = (isWrite ? 0 : RECORD.read) | ((pasid & 0xffff) << 8) | reason;
    this.#record(page % HIGH, Math.floor(page / HIGH), source | (hasPasid ? RECORD.hasPasid : 0), top);
  }

  /** A request for an interrupt was blocked. */
  reportInterrupt(source: number, reason: FaultReason, index: number): void {
    this.#log.debug("an interrupt was blocked", { source, reason, index });
    this.#record(0, index << 16, source, reason);
  }

  /** The invalidation queue stopped. */
  reportQueueError(): void {
    const before = this.#registers.get(AT.faultStatus);
    this.#registers.put(AT.faultStatus, before | STATUS.queueError);
    this.#tell(before);
  }

  get isQueueStopped(): boolean {
    return (this.#registers.get(AT.faultStatus) & STATUS.queueError) !== 0;
  }

  /** The guest wrote the status: with nothing left to serve, nothing is pending. */
  statusWritten(): void {
    const status = this.#registers.get(AT.faultStatus);
    if ((status & (STATUS.overflow | STATUS.pending | STATUS.queueError)) !== 0) return;
    this.#registers.clear(AT.faultControl, EVENT.pending);
  }

  /** The guest wrote the record. */
  recordWritten(): void {
    const isFault = (this.#registers.get(AT.faultRecord + 12) & RECORD.fault) !== 0;
    if (isFault) this.#registers.add(AT.faultStatus, STATUS.pending);
    else this.#registers.clear(AT.faultStatus, STATUS.pending);
  }

  /** The guest wrote the event's control: a message that waited goes out. */
  controlWritten(): void {
    sendPending(this.#registers, AT.faultControl, this.#send);
  }

  /** §7.2.1: a requester's further faults collapse; those of others overflow. */
  #record(low: number, high: number, source: number, top: number): void {
    const registers = this.#registers;
    const before = registers.get(AT.faultStatus);
    if ((before & STATUS.overflow) !== 0) return;
    if ((registers.get(AT.faultRecord + 12) & RECORD.fault) !== 0) {
      const isSame = (registers.get(AT.faultRecord + 8) & 0xffff) === (source & 0xffff);
      if (!isSame) registers.add(AT.faultStatus, STATUS.overflow);
      return;
    }
    registers.put(AT.faultRecord, low);
    registers.put(AT.faultRecord + 4, high);
    registers.put(AT.faultRecord + 8, source);
    registers.put(AT.faultRecord + 12, top | RECORD.fault);
    const isPending = (before & STATUS.pending) !== 0;
    if (!isPending) registers.clear(AT.faultStatus, STATUS.index);
    registers.add(AT.faultStatus, STATUS.pending);
    if (!isPending) this.#tell(before);
  }

  /** §7.3: one message until all that it told of was served. */
  #tell(before: number): void {
    if ((before & (STATUS.pending | STATUS.overflow | STATUS.queueError)) !== 0) return;
    this.#registers.add(AT.faultControl, EVENT.pending);
    sendPending(this.#registers, AT.faultControl, this.#send);
  }
}

/** An event whose registers (control, data, address) start at `control`: sends what is pending unless it is masked. */
export function sendPending(registers: RegisterFile, control: number, send: SendMessage): void {
  const value = registers.get(control);
  if ((value & EVENT.pending) === 0 || (value & EVENT.masked) !== 0) return;
  registers.clear(control, EVENT.pending);
  send(registers.get(control + 8), registers.get(control + 4));
}

export const EVENT_PENDING = EVENT.pending;
