import { createHash } from "node:crypto";
import type { GuestAcpi, GuestTable } from "./golden.ts";

/** Guest memory of the peer, or of a machine of ours. */
export interface GuestReader {
  readGuest(address: number, length: number): Buffer | Promise<Buffer>;
}

const SEARCH_START = 0xe0000;
const SEARCH_LENGTH = 0x20000;
const SIGNATURE = "RSD PTR ";
const RSDP_SIZE = { revision0: 20, revision2: 36 } as const;
const HEADER_SIZE = 36;
const FADT_FACS = 36;
const FADT_DSDT = 40;
/** Longer than any table can be: the blob that they come in is at most 2 MiB. */
const LONGEST_TABLE = 2 * 1024 * 1024;

function sumsToZero(bytes: Buffer): boolean {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0) === 0;
}

/**
 * A firmware that gives up half-way leaves an RSDP whose pointers were never filled in. Where they lead is no table,
 * and its "length" can be anything up to 4 GiB.
 */
async function readTable(peer: GuestReader, address: number): Promise<Buffer | undefined> {
  const length = (await peer.readGuest(address, 8)).readUInt32LE(4);
  return length < 8 || length > LONGEST_TABLE ? undefined : peer.readGuest(address, length);
}

function describe(address: number, bytes: Buffer): GuestTable {
  return {
    address,
    signature: bytes.toString("latin1", 0, 4),
    length: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}

function findRsdp(area: Buffer): { at: number; bytes: Buffer } | undefined {
  for (let at = area.indexOf(SIGNATURE, 0, "latin1"); at !== -1; at = area.indexOf(SIGNATURE, at + 1, "latin1")) {
    const bytes = area.subarray(at, at + (area[at + 15] === 0 ? RSDP_SIZE.revision0 : RSDP_SIZE.revision2));
    if (at % 16 === 0 && sumsToZero(bytes.subarray(0, RSDP_SIZE.revision0))) return { at, bytes };
  }
  return undefined;
}

/** Follows the RSDP that the firmware left in low memory; null when there is none. */
export async function readGuestAcpi(peer: GuestReader): Promise<GuestAcpi | null> {
  const rsdp = findRsdp(await peer.readGuest(SEARCH_START, SEARCH_LENGTH));
  if (!rsdp) return null;
  const tables: GuestTable[] = [];
  const unreachable: number[] = [];
  const add = async (address: number): Promise<Buffer | undefined> => {
    const bytes = await readTable(peer, address);
    if (bytes) tables.push(describe(address, bytes));
    else unreachable.push(address);
    return bytes;
  };
  const found = { rsdp: { address: SEARCH_START + rsdp.at, hex: rsdp.bytes.toString("hex") }, tables, unreachable };
  const rsdtAddress = rsdp.bytes.readUInt32LE(16);
  const rsdt = await readTable(peer, rsdtAddress);
  if (rsdt?.toString("latin1", 0, 4) !== "RSDT") return { ...found, unreachable: [rsdtAddress] };
  tables.push(describe(rsdtAddress, rsdt));
  for (let i = HEADER_SIZE; i < rsdt.length; i += 4) {
    const bytes = await add(rsdt.readUInt32LE(i));
    if (bytes?.toString("latin1", 0, 4) !== "FACP") continue;
    for (const link of [bytes.readUInt32LE(FADT_FACS), bytes.readUInt32LE(FADT_DSDT)]) {
      if (link !== 0) await add(link);
    }
  }
  return found;
}
