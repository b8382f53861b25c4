// Records in a memory backend: the peer's docs/specs/acpi_erst, "Backend Storage Format". Slots of one size, of which the
// first few are the header: what is in which slot, by the id that a record carries (UEFI 2.10 appendix N.2.1).
import type { BlockAccess, RAMBlock } from "backplane";
import { erstErrors } from "./errors.ts";

const HEADER = { magic: 0, recordSize: 8, start: 12, version: 16, reserved: 18, count: 20, length: 24 } as const;
const ID_LENGTH = 8;
const MAGIC = 0x524f545354535245n;
const VERSION = 0x0100;
const SMALLEST_SLOT = 4096;
/** What the rest of a slot is filled with. */
const FILLER = 0xff;

/** Within a record: the length of the whole, and its id. */
const RECORD = { shortest: 128, length: 20, id: 96 } as const;

export const NO_ID = 0n;
export const END_OF_IDS = 0xffff_ffff_ffff_ffffn;

/** The outcome of an operation: ACPI 6.5 §18.5.1.1, "Command Status". */
export type StoreStatus = "success" | "no-space" | "failed" | "empty" | "not-found";

export class RecordStore {
  readonly recordSize: number;
  readonly #access: BlockAccess;
  readonly #block: RAMBlock;
  readonly #firstSlot: number;
  readonly #slots: number;
  readonly #scratch = new DataView(new ArrayBuffer(ID_LENGTH));
  #next: number;

  /** Opens what is there, or makes an empty store of memory that is zero. Throws with the peer's texts. */
  constructor(access: BlockAccess, block: RAMBlock, size: number, wantedRecordSize: number) {
    this.#access = access;
    this.#block = block;
    const isNew = this.#get64(HEADER.magic) === 0n;
    const recordSize = isNew ? wantedRecordSize : this.#get(HEADER.recordSize, 4);
    if (recordSize < SMALLEST_SLOT || (recordSize & (recordSize - 1)) !== 0)
      throw erstErrors.ERST_RECORD_SIZE(recordSize);
    if (isNew) this.#format(size, recordSize);
    else this.#check(recordSize);
    if (size % recordSize !== 0 || recordSize > size) throw erstErrors.ERST_STORAGE_SIZE(recordSize);
    this.recordSize = recordSize;
    this.#firstSlot = this.#get(HEADER.start, 4) / recordSize;
    this.#slots = size / recordSize;
    this.#next = this.#firstSlot;
  }

  get count(): number {
    return this.#get(HEADER.count, 4);
  }

  /** The next call of `nextId` begins with the first record. */
  rewind(): void {
    this.#next = this.#firstSlot;
  }

  /** The slot at which `nextId` goes on. */
  get position(): number {
    return this.#next;
  }

  set position(slot: number) {
    this.#next = Math.min(Math.max(slot, this.#firstSlot), this.#slots);
  }

  /** Ids one after the other; after the last one `END_OF_IDS`, and then from the start again. */
  nextId(): bigint {
    const from = this.#next;
    this.rewind();
    if (this.count === 0) return END_OF_IDS;
    for (let slot = from; slot < this.#slots; slot++) {
      const id = this.#idAt(slot);
      if (id === NO_ID) continue;
      this.#next = slot + 1;
      return id;
    }
    return END_OF_IDS;
  }

  firstId(): bigint {
    this.rewind();
    return this.nextId();
  }

  /** Copies a record into the exchange buffer. */
  read(id: bigint, into: Uint8Array): StoreStatus {
    const slot = this.#find(id);
    if (slot === undefined) return "not-found";
    const at = slot * this.recordSize;
    const length = this.#get(at + RECORD.length, 4);
    if (length < RECORD.shortest || length > into.length) return "failed";
    this.#access.read(this.#block, at, into.subarray(0, length));
    return "success";
  }

  /** Keeps the record that stands at the start of `from`: over the one with the same id, or in a free slot. */
  write(from: Uint8Array): StoreStatus {
    const record = new DataView(from.buffer, from.byteOffset, from.byteLength);
    const length = record.getUint32(RECORD.length, true);
    if (length < RECORD.shortest || length > from.length) return "failed";
    const id = record.getBigUint64(RECORD.id, true);
    if (!isRecordId(id)) return "failed";
    const known = this.#find(id);
    const slot = known ?? this.#free();
    if (slot === undefined) return "no-space";
    const at = slot * this.recordSize;
    this.#access.write(this.#block, at, from.subarray(0, length));
    this.#access.fill(this.#block, at + length, this.recordSize - length, FILLER);
    if (known === undefined) this.#set(HEADER.count, 4, this.count + 1);
    this.#setId(slot, id);
    return "success";
  }

  /** Forgets a record; its bytes stay. */
  clear(id: bigint): StoreStatus {
    if (!isRecordId(id)) return "failed";
    const slot = this.#find(id);
    if (slot === undefined) return "not-found";
    this.#setId(slot, NO_ID);
    this.#set(HEADER.count, 4, this.count - 1);
    return "success";
  }

  #format(size: number, recordSize: number): void {
    const slots = Math.floor(size / recordSize);
    const header = HEADER.length + slots * ID_LENGTH;
    this.#set64(HEADER.magic, MAGIC);
    this.#set(HEADER.recordSize, 4, recordSize);
    this.#set(HEADER.start, 4, Math.ceil(header / recordSize) * recordSize);
    this.#set(HEADER.version, 2, VERSION);
    this.#set(HEADER.reserved, 2, 0);
  }

  #check(recordSize: number): void {
    const isOurs =
      this.#get64(HEADER.magic) === MAGIC &&
      this.#get(HEADER.start, 4) % recordSize === 0 &&
      this.#get(HEADER.version, 2) === VERSION &&
      this.#get(HEADER.reserved, 2) === 0;
    if (!isOurs) throw erstErrors.ERST_HEADER();
  }

  /** Looks no further than as many records as there are said to be. */
  #find(id: bigint): number | undefined {
    if (id === NO_ID) return undefined;
    let left = this.count;
    for (let slot = this.#firstSlot; slot < this.#slots && left > 0; slot++) {
      const found = this.#idAt(slot);
      if (found === id) return slot;
      if (found !== NO_ID) left--;
    }
    return undefined;
  }

  #free(): number | undefined {
    for (let slot = this.#firstSlot; slot < this.#slots; slot++) if (this.#idAt(slot) === NO_ID) return slot;
    return undefined;
  }

  #idAt(slot: number): bigint {
    return this.#get64(HEADER.length + slot * ID_LENGTH);
  }

  #setId(slot: number, id: bigint): void {
    this.#set64(HEADER.length + slot * ID_LENGTH, id);
  }

  #load(offset: number, length: number): void {
    this.#access.read(this.#block, offset, new Uint8Array(this.#scratch.buffer, 0, length));
  }

  #get(offset: number, size: 2 | 4): number {
    this.#load(offset, size);
    return size === 2 ? this.#scratch.getUint16(0, true) : this.#scratch.getUint32(0, true);
  }

  #get64(offset: number): bigint {
    this.#load(offset, ID_LENGTH);
    return this.#scratch.getBigUint64(0, true);
  }

  #set(offset: number, size: 2 | 4, value: number): void {
    this.#access.writeUint(this.#block, offset, size, value >>> 0);
  }

  #set64(offset: number, value: bigint): void {
    this.#scratch.setBigUint64(0, value, true);
    this.#access.write(this.#block, offset, new Uint8Array(this.#scratch.buffer));
  }
}

export const SHORTEST_RECORD = RECORD.shortest;

function isRecordId(id: bigint): boolean {
  return id !== NO_ID && id !== END_OF_IDS;
}
