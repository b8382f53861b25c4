// READ TOC/PMA/ATIP: MMC-5 (T10/1675-D) §6.26. There is one session with one data track.
import { minutes } from "./packets.ts";

const LEAD_OUT = 0xaa;
const DATA_TRACK = 0x14;

/** Undefined where a field of the packet is invalid. */
export function readToc(length: number, packet: Uint8Array): Uint8Array | undefined {
  const inMinutes = ((packet[1] ?? 0) & 2) !== 0;
  const address = (sector: number): number[] =>
    inMinutes ? [0, ...minutes(sector)] : [sector >>> 24, (sector >>> 16) & 0xff, (sector >>> 8) & 0xff, sector & 0xff];
  switch ((packet[9] ?? 0) >> 6) {
    case 0:
      return tracks(packet[6] ?? 0, length, address);
    case 1:
      return Uint8Array.of(0, 0x0a, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    case 2:
      return rawToc(length, address);
    default:
      return undefined;
  }
}

type Address = (sector: number) => number[];

function tracks(first: number, length: number, address: Address): Uint8Array | undefined {
  if (first > 1 && first !== LEAD_OUT) return undefined;
  const track = first <= 1 ? [0, DATA_TRACK, 1, 0, ...address(0)] : [];
  return sized([1, 1, ...track, 0, 0x16, LEAD_OUT, 0, ...address(length)]);
}

function rawToc(length: number, address: Address): Uint8Array {
  const point = (number: number, values: readonly number[]): number[] => [1, DATA_TRACK, 0, number, 0, 0, 0, ...values];
  return sized([
    1,
    1,
    ...point(0xa0, [0, 1, 0, 0]),
    ...point(0xa1, [0, 1, 0, 0]),
    ...point(0xa2, address(length)),
    ...point(1, address(0)),
  ]);
}

/** With the number of bytes that follow in front. */
function sized(bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(bytes.length >> 8, bytes.length & 0xff, ...bytes);
}
