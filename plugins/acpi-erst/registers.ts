// The register block: the peer's docs/specs/acpi_erst, "PCI Interface"; what the actions do: ACPI 6.5 §18.5.1.1 and
// §18.5.2. Two registers of 64 bits. Everything happens when ACTION is written; what it yields stands in VALUE.
import { byteLength, type BlockAccess, type MemoryRegion, type MemoryRegions } from "backplane";
import { ACTION, EXECUTE_MAGIC } from "./actions.ts";
import { END_OF_IDS, NO_ID, SHORTEST_RECORD, type RecordStore, type StoreStatus } from "./store.ts";

export const REGISTERS_LENGTH = 16;
const AT = { action: 0, value: 8 } as const;

const STATUS: { readonly [K in StoreStatus]: number } = {
  success: 0,
  "no-space": 1,
  failed: 3,
  empty: 4,
  "not-found": 5,
};

/** Microseconds: at most, and as a rule. */
const TIMINGS = { high: 100, low: 10 } as const;

export interface ErstSurroundings {
  readonly store: RecordStore;
  readonly access: BlockAccess;
  /** The record exchange buffer, of the size of a record. */
  readonly exchange: MemoryRegion;
  /** Where the exchange buffer is decoded; undefined while it is not. */
  exchangeAddress(): number | undefined;
}

/** What a migration carries of the registers; the records are memory. */
export interface ErstState {
  operation: number;
  status: number;
  recordOffset: number;
  value: bigint;
  recordId: bigint;
  position: number;
}

export class ErstRegisters {
  readonly region: MemoryRegion;
  readonly #around: ErstSurroundings;
  readonly #value = new DataView(new ArrayBuffer(8));
  #operation = 0;
  #status: number = STATUS.success;
  #recordOffset = 0;
  #recordId = NO_ID;

  constructor(regions: MemoryRegions, around: ErstSurroundings) {
    this.#around = around;
    this.region = regions.io("acpi-erst", byteLength(REGISTERS_LENGTH), {
      read: (offset) => (isValue(offset) ? this.#value.getUint32(offset - AT.value, true) : 0),
      write: (offset, value) => {
        if (isValue(offset)) this.#value.setUint32(offset - AT.value, value, true);
        else if (offset === AT.action) this.#act(value);
      },
    });
  }

  reset(): void {
    this.#operation = 0;
    this.#status = STATUS.success;
    this.#recordId = NO_ID;
    this.#recordOffset = 0;
    this.#around.store.rewind();
  }

  captureState(): ErstState {
    return {
      operation: this.#operation,
      status: this.#status,
      recordOffset: this.#recordOffset,
      value: this.#value.getBigUint64(0, true),
      recordId: this.#recordId,
      position: this.#around.store.position,
    };
  }

  restoreState(state: ErstState): void {
    this.#operation = state.operation;
    this.#status = state.status;
    this.#recordOffset = state.recordOffset;
    this.#value.setBigUint64(0, state.value, true);
    this.#recordId = state.recordId;
    this.#around.store.position = state.position;
  }

  #act(action: number): void {
    const { store } = this.#around;
    switch (action) {
      case ACTION.beginWrite:
      case ACTION.beginRead:
      case ACTION.beginClear:
      case ACTION.beginDummyWrite:
      case ACTION.end:
        this.#operation = action;
        return;
      case ACTION.setRecordOffset:
        this.#recordOffset = this.#value.getUint32(0, true);
        return;
      case ACTION.execute:
        if (this.#value.getUint8(0) === EXECUTE_MAGIC) this.#status = STATUS[this.#execute()];
        return;
      case ACTION.checkBusy:
        // An operation is over when the write that starts it is.
        return this.#yield(0);
      case ACTION.getStatus:
        return this.#yield(this.#status);
      case ACTION.getRecordId:
        this.#value.setBigUint64(0, store.nextId(), true);
        this.#status = STATUS.success;
        return;
      case ACTION.setRecordId:
        this.#recordId = this.#value.getBigUint64(0, true);
        return;
      case ACTION.getRecordCount:
        return this.#yield(store.count);
      case ACTION.getLogAddress: {
        const address = this.#around.exchangeAddress();
        return address === undefined
          ? this.#yield(0xffffffff, 0xffffffff)
          : this.#yield(address % 0x1_0000_0000, Math.floor(address / 0x1_0000_0000));
      }
      case ACTION.getLogLength:
        return this.#yield(store.recordSize);
      case ACTION.getLogAttributes:
        // Records are exchanged through a buffer, not kept in memory that a system could write itself.
        return this.#yield(0);
      case ACTION.getTimings:
        return this.#yield(TIMINGS.low, TIMINGS.high);
      default:
      // An action that there is not does nothing.
    }
  }

  #yield(low: number, high = 0): void {
    this.#value.setUint32(0, low, true);
    this.#value.setUint32(4, high, true);
  }

  #execute(): StoreStatus {
    switch (this.#operation) {
      case ACTION.beginWrite:
        return this.#write();
      case ACTION.beginRead:
        return this.#read();
      case ACTION.beginClear:
        return this.#around.store.clear(this.#recordId);
      case ACTION.beginDummyWrite:
      case ACTION.end:
        return "success";
      default:
        return "failed";
    }
  }

  #write(): StoreStatus {
    const { access, exchange, store } = this.#around;
    const { ramBlock } = exchange;
    if (ramBlock === undefined || !this.#hasRoom) return "failed";
    const record = new Uint8Array(store.recordSize - this.#recordOffset);
    access.read(ramBlock, this.#recordOffset, record);
    return store.write(record);
  }

  #read(): StoreStatus {
    const { access, exchange, store } = this.#around;
    if (store.count === 0) return "empty";
    // Without an id the first record is meant.
    if (this.#recordId === NO_ID) this.#recordId = store.firstId();
    const { ramBlock } = exchange;
    if (this.#recordId === END_OF_IDS || ramBlock === undefined || !this.#hasRoom) return "failed";
    const record = new Uint8Array(store.recordSize - this.#recordOffset);
    access.read(ramBlock, this.#recordOffset, record);
    const status = store.read(this.#recordId, record);
    if (status === "success") access.write(ramBlock, this.#recordOffset, record);
    // A record that is not there: the next read gives the first that is (§18.5.2.2, step 2c).
    if (status === "not-found") this.#recordId = store.firstId();
    return status;
  }

  get #hasRoom(): boolean {
    return this.#recordOffset <= this.#around.store.recordSize - SHORTEST_RECORD;
  }
}

function isValue(offset: number): boolean {
  return offset === AT.value || offset === AT.value + 4;
}
