import { ACCESS_OK, guestAddress, type AddressSpace } from "backplane";
import { h, type DisplayFormat, type HumanCommand } from "./contract.ts";
import { command } from "./define.ts";
import { hmpErrors } from "./errors.ts";
import { columnsOf, paddedValue, shownValue } from "./show-value.ts";

/** More than anybody reads; the peer would go on until it has no memory left. */
const DUMP_LIMIT = 1 << 20;

/** Commands that show memory, sum it up, and calculate. */
export function memoryDump(memory: AddressSpace, hasProcessor: () => boolean): HumanCommand[] {
  return [
    command({
      name: "x",
      params: "/fmt addr",
      summary: "shows memory at a processor's address, which is a physical one while nobody turns paging on",
      arguments: { fmt: h.format, addr: h.long },
      run: ({ fmt, addr }) => (hasProcessor() ? dump(memory, fmt, addr) : NO_PROCESSOR),
    }),
    command({
      name: "xp",
      params: "/fmt addr",
      summary: "shows guest-physical memory: /COUNT, a format of x d u o c, a size of b h w g",
      arguments: { fmt: h.format, addr: h.long },
      run: ({ fmt, addr }) => (fmt.format === "i" && !hasProcessor() ? NO_PROCESSOR : dump(memory, fmt, addr)),
    }),
    command({
      name: "print|p",
      params: "/fmt expr",
      summary: "calculates",
      arguments: { fmt: h.format, val: h.long },
      run: ({ fmt, val }) => `${shownValue(fmt.format, val)}\n`,
    }),
    command({
      name: "sum",
      params: "addr size",
      summary: "the BSD checksum of guest-physical memory",
      arguments: { start: h.int, size: h.int },
      run: ({ start, size }) => `${checksum(memory, start, size).toString().padStart(5, "0")}\n`,
    }),
  ];
}

const NO_PROCESSOR = "Can not dump without CPU\n";

function dump(memory: AddressSpace, { count, format, size }: DisplayFormat, from: bigint): string {
  if (format === "i") throw hmpErrors.DISASSEMBLER_ABSENT();
  const width = size === -1 ? 4 : size;
  let left = Math.max(0, width * count);
  if (left > DUMP_LIMIT) throw hmpErrors.DUMP_LONG(DUMP_LIMIT);
  const perLine = width === 1 ? 8 : 16;
  const columns = columnsOf(format, width);
  const step = format === "c" ? 1 : width;
  const line = Buffer.alloc(perLine);
  let text = "";
  for (let at = BigInt.asUintN(64, from); left > 0; at = BigInt.asUintN(64, at + BigInt(perLine))) {
    const bytes = line.subarray(0, Math.min(left, perLine));
    text += `${at.toString(16).padStart(16, "0")}:`;
    if (!read(memory, at, bytes)) return `${text} Cannot access memory\n`;
    for (let offset = 0; offset < bytes.length; offset += step) {
      text += ` ${paddedValue(format, valueAt(line, offset, step), columns)}`;
    }
    text += "\n";
    left -= bytes.length;
  }
  return text;
}

/** No guest has memory where numbers are no longer exact. */
function read(memory: AddressSpace, at: bigint, into: Uint8Array): boolean {
  if (at + BigInt(into.length) > BigInt(Number.MAX_SAFE_INTEGER)) return false;
  return memory.read(guestAddress(Number(at)), into) === ACCESS_OK;
}

function valueAt(bytes: Buffer, offset: number, size: number): bigint {
  switch (size) {
    case 1:
      return BigInt(bytes.readUInt8(offset));
    case 2:
      return BigInt(bytes.readUInt16LE(offset));
    case 4:
      return BigInt(bytes.readUInt32LE(offset));
    default:
      return bytes.readBigUInt64LE(offset);
  }
}

/** Addresses are of 32 bits; a range that would wrap has nothing in it. */
function checksum(memory: AddressSpace, start: number, size: number): number {
  const end = (start + size) >>> 0;
  const chunk = Buffer.alloc(4096);
  let sum = 0;
  for (let at = start; at < end; at += chunk.length) {
    const bytes = chunk.subarray(0, Math.min(chunk.length, end - at)).fill(0);
    memory.read(guestAddress(at), bytes);
    for (const byte of bytes) sum = (((sum >>> 1) | (sum << 15)) + byte) & 0xffff;
  }
  return sum;
}
