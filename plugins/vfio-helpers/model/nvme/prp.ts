// Physical Region Pages (NVM Express 1.4 §4.3): where a command's data lies, page by page.
import { STATUS } from "../../nvm-express.ts";
import type { DeviceBus } from "../function.ts";
import type { Command } from "./command.ts";

const ENTRY = 8;

export interface Segment {
  readonly iova: number;
  readonly length: number;
}

/** The stretches of a command's data, or the status of a command whose pages are wrong or cannot be read. */
export function segmentsOf(command: Command, length: number, pageSize: number, bus: DeviceBus): Segment[] | number {
  const { prp1, prp2 } = command;
  if (prp1 % 4 !== 0) return STATUS.prpOffsetInvalid;
  const first = Math.min(length, pageSize - (prp1 % pageSize));
  const segments: Segment[] = [{ iova: prp1, length: first }];
  const rest = length - first;
  if (rest === 0) return segments;
  if (rest > pageSize) return appendList(segments, prp2, rest, pageSize, bus);
  if (prp2 % pageSize !== 0) return STATUS.prpOffsetInvalid;
  segments.push({ iova: prp2, length: rest });
  return segments;
}

/** A list may start within a page, and go on in the page that its last entry names. */
function appendList(
  segments: Segment[],
  start: number,
  length: number,
  pageSize: number,
  bus: DeviceBus,
): Segment[] | number {
  let list = start;
  for (let rest = length; rest > 0;) {
    if (list % ENTRY !== 0) return STATUS.prpOffsetInvalid;
    const wanted = Math.ceil(rest / pageSize);
    const room = (pageSize - (list % pageSize)) / ENTRY;
    const goesOn = wanted > room;
    const count = Math.min(wanted, room);
    const entries = new DataView(new ArrayBuffer(count * ENTRY));
    if (!bus.read(list, new Uint8Array(entries.buffer))) return STATUS.dataTransferError;
    for (let index = 0; index < (goesOn ? count - 1 : count); index++) {
      const iova = addressAt(entries, index);
      if (iova % pageSize !== 0) return STATUS.prpOffsetInvalid;
      const size = Math.min(rest, pageSize);
      segments.push({ iova, length: size });
      rest -= size;
    }
    if (goesOn) {
      list = addressAt(entries, count - 1);
      // Such a page has room for data's pages as well, so that each list takes the data further.
      if (list % pageSize !== 0) return STATUS.prpOffsetInvalid;
    }
  }
  return segments;
}

function addressAt(entries: DataView, index: number): number {
  return entries.getUint32(index * ENTRY, true) + entries.getUint32(index * ENTRY + 4, true) * 2 ** 32;
}

/** Takes the data out of the driver's memory, or brings it there. */
export function transfer(
  command: Command,
  bytes: Uint8Array,
  direction: "from-host" | "to-host",
  pageSize: number,
  bus: DeviceBus,
): number {
  const segments = segmentsOf(command, bytes.length, pageSize, bus);
  if (typeof segments === "number") return segments;
  let done = 0;
  for (const { iova, length } of segments) {
    const part = bytes.subarray(done, done + length);
    const isDone = direction === "to-host" ? bus.write(iova, part) : bus.read(iova, part);
    if (!isDone) return STATUS.dataTransferError;
    done += length;
  }
  return STATUS.success;
}
