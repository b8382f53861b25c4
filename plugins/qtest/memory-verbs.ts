import { guestAddress, type AddressSpace, type GuestAddress } from "backplane";
import { INVALID, INVALID_SIZE, type Verb } from "./answers.ts";
import { hexDigit, type Words } from "./words.ts";

/** Above it nothing can stand: addresses are exact in a double. */
const HIGH_LIMIT = 2 ** 20;
const PORT_LIMIT = 0xffff;
/** Bytes that one line may ask for. */
const BULK_LIMIT = 64 * 1024 * 1024;
const FILL_LIMIT = 1024 * 1024 * 1024;
const FILL_STEP = 64 * 1024;

const WIDTHS = { b: 1, w: 2, l: 4, q: 8 } as const;
const LETTERS = ["b", "w", "l"] as const;

/** Accesses as a processor makes them, of ports and of memory: `inb` to `outl`, `readb` to `writeq`. */
export function accessVerbs(io: AddressSpace, memory: AddressSpace): ReadonlyMap<string, Verb> {
  const verbs = new Map<string, Verb>();
  for (const letter of LETTERS) {
    verbs.set(`in${letter}`, portReader(io, WIDTHS[letter]));
    verbs.set(`out${letter}`, portWriter(io, WIDTHS[letter]));
  }
  for (const letter of [...LETTERS, "q"] as const) {
    verbs.set(`read${letter}`, reader(memory, WIDTHS[letter]));
    verbs.set(`write${letter}`, writer(memory, WIDTHS[letter]));
  }
  return verbs;
}

/** Accesses of many bytes. */
export function bulkVerbs(memory: AddressSpace): ReadonlyMap<string, Verb> {
  return new Map<string, Verb>([
    ["read", (words) => bulkRead(memory, words, (bytes) => (bytes.length === 0 ? INVALID : `OK 0x${hex(bytes)}`))],
    ["b64read", (words) => bulkRead(memory, words, (bytes) => `OK ${bytes.toString("base64")}`)],
    ["write", (words) => bulkWrite(memory, words, fromHex)],
    ["b64write", (words) => bulkWrite(memory, words, fromBase64)],
    ["memset", (words) => fill(memory, words)],
  ]);
}

const hex = (bytes: Buffer): string => bytes.toString("hex");
const digits = (value: number, count: number): string => value.toString(16).padStart(count, "0");

/** The address just read; undefined where nothing can stand. */
function addressOf({ high, low }: Words): GuestAddress | undefined {
  return high < HIGH_LIMIT ? guestAddress(high * 2 ** 32 + low) : undefined;
}

function portOf(words: Words): GuestAddress | undefined {
  return words.read() && words.high === 0 && words.low <= PORT_LIMIT ? guestAddress(words.low) : undefined;
}

function portReader(io: AddressSpace, width: 1 | 2 | 4): Verb {
  const { bytes, view } = scratch(width);
  return (words) => {
    const port = portOf(words);
    if (port === undefined) return INVALID;
    io.read(port, bytes);
    return `OK 0x${digits(load(view, width), 4)}`;
  };
}

function portWriter(io: AddressSpace, width: 1 | 2 | 4): Verb {
  const { bytes, view } = scratch(width);
  return (words) => {
    const port = portOf(words);
    if (port === undefined || !words.read()) return INVALID;
    store(view, words, width);
    io.write(port, bytes);
    return "OK";
  };
}

function reader(memory: AddressSpace, width: 1 | 2 | 4 | 8): Verb {
  const { bytes, view } = scratch(width);
  return (words) => {
    if (!words.read()) return INVALID;
    const address = addressOf(words);
    if (address === undefined) bytes.fill(0);
    else memory.read(address, bytes);
    if (width !== 8) return `OK 0x${digits(load(view, width), 16)}`;
    return `OK 0x${digits(view.getUint32(4, true), 8)}${digits(view.getUint32(0, true), 8)}`;
  };
}

function writer(memory: AddressSpace, width: 1 | 2 | 4 | 8): Verb {
  const { bytes, view } = scratch(width);
  return (words) => {
    if (!words.read()) return INVALID;
    const address = addressOf(words);
    if (!words.read()) return INVALID;
    store(view, words, width);
    if (address !== undefined) memory.write(address, bytes);
    return "OK";
  };
}

function scratch(width: number): { readonly bytes: Buffer; readonly view: DataView } {
  const bytes = Buffer.alloc(width);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, width) };
}

function load(view: DataView, width: 1 | 2 | 4): number {
  switch (width) {
    case 1:
      return view.getUint8(0);
    case 2:
      return view.getUint16(0, true);
    case 4:
      return view.getUint32(0, true);
  }
}

/** A value is cut to the width. */
function store(view: DataView, { high, low }: Words, width: 1 | 2 | 4 | 8): void {
  switch (width) {
    case 1:
      view.setUint8(0, low & 0xff);
      return;
    case 2:
      view.setUint16(0, low & 0xffff, true);
      return;
    case 4:
      view.setUint32(0, low, true);
      return;
    case 8:
      view.setUint32(0, low, true);
      view.setUint32(4, high, true);
  }
}

function bulkRead(memory: AddressSpace, words: Words, answer: (bytes: Buffer) => string): string {
  if (!words.read()) return INVALID;
  const address = addressOf(words);
  if (!words.read() || words.value > BULK_LIMIT) return INVALID;
  const bytes = Buffer.alloc(words.value);
  if (address !== undefined) memory.read(address, bytes);
  return answer(bytes);
}

function bulkWrite(memory: AddressSpace, words: Words, decode: (data: Buffer, length: number) => Buffer): string {
  if (!words.read()) return INVALID;
  const address = addressOf(words);
  if (!words.read() || words.value > BULK_LIMIT) return INVALID;
  const length = words.value;
  const data = words.raw();
  if (data === undefined) return INVALID;
  if (data.length < 3) return INVALID_SIZE;
  const bytes = decode(data, length);
  if (address !== undefined) memory.write(address, bytes);
  return "OK";
}

/** Two digits a byte behind `0x`; what is missing is zero, and what is no digit counts as all ones. */
function fromHex(data: Buffer, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const given = Math.min(length, (data.length - 2) >> 1);
  for (let at = 0; at < given; at++) {
    const high = hexDigit(data[2 * at + 2] ?? 0);
    const low = hexDigit(data[2 * at + 3] ?? 0);
    bytes[at] = (high << 4) | low;
  }
  return bytes;
}

function fromBase64(data: Buffer, length: number): Buffer {
  return Buffer.from(data.toString("latin1", 0, data.length), "base64").subarray(0, length);
}

function fill(memory: AddressSpace, words: Words): string {
  if (!words.read()) return INVALID;
  const address = addressOf(words);
  if (!words.read() || words.value > FILL_LIMIT) return INVALID;
  const length = words.value;
  if (!words.read()) return INVALID;
  const bytes = Buffer.alloc(Math.min(length, FILL_STEP), words.low & 0xff);
  if (address === undefined) return "OK";
  for (let done = 0; done < length; done += FILL_STEP) {
    memory.write(guestAddress(address + done), bytes.subarray(0, length - done));
  }
  return "OK";
}
