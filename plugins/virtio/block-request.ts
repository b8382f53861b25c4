// Requests of the block device: VirtIO 1.2 §5.2.6. A header of 16 bytes, data, and a last byte for the status.
import type { VirtQueue, VirtQueueElement, VirtSegment } from "./contract.ts";

export const REQUEST = {
  read: 0,
  write: 1,
  scsi: 2,
  flush: 4,
  id: 8,
  discard: 11,
  writeZeroes: 13,
  zoneReport: 16,
} as const;
/** The bit of the type that says which way data goes. */
export const OUT = 1;
/** Of legacy drivers; it never meant anything here. */
const BARRIER = 0x80000000;
export const STATUS = { ok: 0, failed: 1, unsupported: 2, invalidZone: 3 } as const;
export type BlockStatus = (typeof STATUS)[keyof typeof STATUS];

const HEADER = 16;
const SAFE_HIGH = 2 ** 21;

export interface BlockRequest {
  readonly queue: VirtQueue;
  readonly element: VirtQueueElement;
  readonly type: number;
  /** In units of 512 bytes, whatever the logical block size; NaN beyond 2^53. */
  readonly sector: number;
  /** What the device reads behind the header, and writes before the status. */
  readonly out: readonly VirtSegment[];
  readonly into: readonly VirtSegment[];
}

const scratch = new DataView(new ArrayBuffer(HEADER));
const header = new Uint8Array(scratch.buffer);

/** Or in which words the driver broke a rule. */
export function parseRequest(queue: VirtQueue, element: VirtQueueElement): BlockRequest | string {
  const { readable, writable } = element;
  if (readable.length === 0 || writable.length === 0) return "virtio-blk missing headers";
  if (queue.read(element, header) !== HEADER) return "virtio-blk request outhdr too short";
  const high = scratch.getUint32(12, true);
  return {
    queue,
    element,
    type: (scratch.getUint32(0, true) & ~BARRIER) >>> 0,
    sector: high >= SAFE_HIGH ? Number.NaN : high * 2 ** 32 + scratch.getUint32(8, true),
    out: withoutFront(readable, HEADER),
    into: withoutLast(writable),
  };
}

/** What DISCARD and WRITE ZEROES are about (§5.2.6): one segment. */
export interface ZeroRange {
  readonly sector: number;
  readonly count: number;
  readonly flags: number;
}
export const ZERO_RANGE = 16;
export const ZERO_UNMAP = 0x1;

export function readZeroRange({ queue, element }: BlockRequest): ZeroRange | undefined {
  if (queue.read(element, header, HEADER) !== ZERO_RANGE) return undefined;
  const high = scratch.getUint32(4, true);
  return {
    sector: high >= SAFE_HIGH ? Number.NaN : high * 2 ** 32 + scratch.getUint32(0, true),
    count: scratch.getUint32(8, true),
    flags: scratch.getUint32(12, true),
  };
}

const statusByte = new Uint8Array(1);

/** The status goes into the last byte. */
export function writeStatus({ queue, element }: BlockRequest, status: BlockStatus): void {
  statusByte[0] = status;
  queue.write(element, statusByte, element.writableLength - 1);
}

/** The length that is told is that of all the device may write. */
export function complete(request: BlockRequest, status: BlockStatus): void {
  const { queue, element } = request;
  writeStatus(request, status);
  queue.push(element, element.writableLength);
  queue.notify();
}

export function segmentsLength(segments: readonly VirtSegment[]): number {
  let length = 0;
  for (const segment of segments) length += segment.length;
  return length;
}

function withoutFront(segments: readonly VirtSegment[], count: number): readonly VirtSegment[] {
  const [first] = segments;
  // As nearly all drivers have it: the header by itself.
  if (first?.length === count) return segments.slice(1);
  const result: VirtSegment[] = [];
  let skip = count;
  for (const { address, length } of segments) {
    if (skip < length) result.push({ address: address + skip, length: length - skip });
    skip = Math.max(0, skip - length);
  }
  return result;
}

function withoutLast(segments: readonly VirtSegment[]): readonly VirtSegment[] {
  const last = segments.at(-1);
  if (last === undefined) return segments;
  const rest = segments.slice(0, -1);
  return last.length === 1 ? rest : [...rest, { address: last.address, length: last.length - 1 }];
}
