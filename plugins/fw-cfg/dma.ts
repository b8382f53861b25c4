// Transfers into and out of guest memory: QEMU's docs/specs/fw_cfg, "Guest-side DMA Interface".
import { guestAddress, type AddressSpace } from "backplane";
import type { Item } from "./item.ts";

const CONTROL = { error: 1 << 0, read: 1 << 1, skip: 1 << 2, select: 1 << 3, write: 1 << 4 } as const;
/** The guest's request: control, length and address, all big-endian. */
const REQUEST_BYTES = 16;
const CHUNK = 64 * 1024;

/** The item that is selected, and how far it has been read. */
export interface Selection {
  select(key: number): void;
  current(): { readonly item: Item | undefined; readonly offset: number };
  advance(bytes: number): void;
}

/** Whether something answers at every byte of a range of guest memory. */
function isMapped(memory: AddressSpace, address: number, length: number): boolean {
  // A guest's address has 64 bits; beyond 2^53 sums are not exact, and no memory lies there.
  if (!Number.isSafeInteger(address + length)) return false;
  for (let at = address; at < address + length;) {
    const found = memory.find(guestAddress(at));
    if (found === undefined || found.length === 0) return false;
    at += found.length;
  }
  return true;
}

function answer(memory: AddressSpace, request: number, control: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(control);
  if (isMapped(memory, request, bytes.length)) memory.write(guestAddress(request), bytes);
}

function fillZero(memory: AddressSpace, address: number, length: number): void {
  const zeros = new Uint8Array(Math.min(length, CHUNK));
  for (let at = 0; at < length; at += CHUNK) {
    memory.write(guestAddress(address + at), zeros.subarray(0, Math.min(CHUNK, length - at)));
  }
}

function readItem(memory: AddressSpace, item: Item, offset: number, address: number, length: number): void {
  const buffer = new Uint8Array(Math.min(length, CHUNK));
  for (let at = 0; at < length; at += CHUNK) {
    const part = buffer.subarray(0, Math.min(CHUNK, length - at));
    item.source.read(offset + at, part);
    memory.write(guestAddress(address + at), part);
  }
}

/** Returns whether the write was accepted. */
function writeItem(memory: AddressSpace, item: Item, offset: number, address: number, length: number): boolean {
  if (!item.writable || item.source.write === undefined) return false;
  const bytes = new Uint8Array(length);
  memory.read(guestAddress(address), bytes);
  item.source.write(offset, bytes);
  item.onWrite?.(offset, length);
  return true;
}

/** Does what the request at a guest address says, and leaves 0 or the error bit in its control word. */
export function transfer(memory: AddressSpace, selection: Selection, request: number): void {
  if (!isMapped(memory, request, REQUEST_BYTES)) return answer(memory, request, CONTROL.error);
  const bytes = Buffer.alloc(REQUEST_BYTES);
  memory.read(guestAddress(request), bytes);
  const control = bytes.readUInt32BE(0);
  if ((control & CONTROL.select) !== 0) selection.select(control >>> 16);
  const failed = !run(memory, selection, control, Number(bytes.readBigUInt64BE(8)), bytes.readUInt32BE(4));
  answer(memory, request, failed ? CONTROL.error : 0);
}

/** Returns false on an error. Of several directions reading comes first, then writing. */
function run(memory: AddressSpace, selection: Selection, control: number, address: number, length: number): boolean {
  const { item, offset } = selection.current();
  const inItem = item === undefined ? 0 : Math.max(0, Math.min(length, item.source.length - offset));
  const reads = (control & CONTROL.read) !== 0;
  const writes = !reads && (control & CONTROL.write) !== 0;
  if (length === 0 || (!reads && !writes && (control & CONTROL.skip) === 0)) return true;
  // What lies behind the item's end reads as zero, is skipped over, and cannot be written.
  if (item !== undefined && inItem > 0) {
    selection.advance(inItem);
    if (writes) {
      return inItem === length && isMapped(memory, address, length) && writeItem(memory, item, offset, address, length);
    }
    if (reads) {
      if (!isMapped(memory, address, inItem)) return false;
      readItem(memory, item, offset, address, inItem);
    }
  }
  const beyond = length - inItem;
  if (beyond === 0) return true;
  if (writes) return false;
  if (reads) {
    if (!isMapped(memory, address + inItem, beyond)) return false;
    fillZero(memory, address + inItem, beyond);
  }
  return true;
}
