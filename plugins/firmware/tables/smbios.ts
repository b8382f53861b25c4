// SMBIOS 3.7: structures §6.1, entry points §5.2, BIOS information §7.1, processor information §7.5.
import { completeChecksum, text, view } from "../bytes.ts";

const TYPE = { bios: 0, processor: 4, end: 127 } as const;
const HEADER_BYTES = 4;
const ENTRY_32 = { signature: "_SM_", length: 31 } as const;
const ENTRY_64 = { signature: "_SM3_", length: 24 } as const;

export interface SmbiosStructure {
  readonly type: number;
  /** The formatted part, without strings. */
  readonly body: Uint8Array;
}

/** Walks the structures; ends at the first that is not whole. */
export function* structures(tables: Uint8Array): Generator<SmbiosStructure, void, undefined> {
  for (let at = 0; at + HEADER_BYTES <= tables.length;) {
    const [type = TYPE.end, length = 0] = [tables[at], tables[at + 1]];
    if (length < HEADER_BYTES || at + length > tables.length) return;
    yield { type, body: tables.subarray(at, at + length) };
    // Strings follow, each with its NUL, and one more NUL ends them; without strings there are two.
    const end = view(tables).indexOf("\0\0", at + length, "latin1");
    if (end < 0) return;
    at = end + 2;
  }
}

/** What SeaBIOS 1.16.3 says of itself; the peer's build of it names itself in the version. */
const BIOS = { vendor: "SeaBIOS", version: "1.16.3-debian-1.16.3-2~bpo12+1", date: "04/01/2014" } as const;

function biosInformation(): Uint8Array {
  const body = Buffer.alloc(24);
  body.set([TYPE.bios, body.length, 0, 0, 1, 2]);
  body.writeUInt16LE(0xe800, 6);
  body.writeUInt8(3, 8);
  // "BIOS characteristics are not supported", and "enable targeted content distribution".
  body.writeUInt8(0x08, 10);
  body.writeUInt8(0x04, 19);
  body.writeUInt16LE(0xffff, 22);
  return Buffer.concat([body, Buffer.from(`${BIOS.vendor}\0${BIOS.version}\0${BIOS.date}\0\0`, "latin1")]);
}

/** The tables as the system will see them: the firmware describes itself unless the host's user has done so. */
export function withBiosInformation(tables: Uint8Array): {
  readonly tables: Uint8Array;
  readonly added: Uint8Array | undefined;
} {
  for (const { type } of structures(tables)) if (type === TYPE.bios) return { tables, added: undefined };
  const added = biosInformation();
  return { tables: Buffer.concat([added, tables]), added };
}

export type EntryPointKind = "32-bit" | "64-bit";

export function entryPointKind(anchor: Uint8Array): EntryPointKind | undefined {
  if (anchor.length === ENTRY_32.length && text(anchor, 0, 4) === ENTRY_32.signature) return "32-bit";
  if (anchor.length === ENTRY_64.length && text(anchor, 0, 5) === ENTRY_64.signature) return "64-bit";
  return undefined;
}

/** Completes the machine's entry point for tables at `address`, of which `added` were put in front. */
export function entryPoint(anchor: Uint8Array, address: number, added: Uint8Array | undefined): Uint8Array {
  const bytes = Buffer.from(anchor);
  const more = added?.length ?? 0;
  if (entryPointKind(anchor) === "64-bit") {
    bytes.writeUInt32LE(bytes.readUInt32LE(12) + more, 12);
    bytes.writeBigUInt64LE(BigInt(address), 16);
    completeChecksum(bytes, 5);
    return bytes;
  }
  bytes.writeUInt16LE(Math.max(bytes.readUInt16LE(8), more), 8);
  bytes.writeUInt16LE((bytes.readUInt16LE(22) + more) & 0xffff, 22);
  bytes.writeUInt32LE(address, 24);
  bytes.writeUInt16LE((bytes.readUInt16LE(28) + (added === undefined ? 0 : 1)) & 0xffff, 28);
  completeChecksum(bytes.subarray(16), 5);
  completeChecksum(bytes, 4);
  return bytes;
}

/** CPUID leaf 1 as a processor's structure gives it. */
export interface ProcessorId {
  readonly signature: number;
  readonly features: number;
}

/** One per socket. */
export function processorIds(tables: Uint8Array): ProcessorId[] {
  const ids: ProcessorId[] = [];
  for (const { type, body } of structures(tables)) {
    if (type !== TYPE.processor || body.length < 16) continue;
    ids.push({ signature: view(body).readUInt32LE(8), features: view(body).readUInt32LE(12) });
  }
  return ids;
}
