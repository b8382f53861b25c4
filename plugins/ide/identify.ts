// IDENTIFY DEVICE and IDENTIFY PACKET DEVICE: ATA/ATAPI-6 (T13/1410D) §8.15 and §8.16. Words that the specification
// leaves to the vendor are the peer's.
import type { Geometry } from "./task-file.ts";
import { IdentifyWords } from "./words.ts";

const LBA28_LIMIT = 2 ** 28;
/** More than one sector per DRQ block. */
export const MULTIPLE_LIMIT = 16;
const QUEUE_DEPTH = 32;

export interface DriveIdentity {
  readonly serial: string;
  readonly model: string;
  readonly version: string;
  /** 0 is none. */
  readonly worldWideName: bigint;
}

export interface DiskFacts extends DriveIdentity {
  readonly geometry: Geometry;
  readonly sectors: number;
  readonly multiple: number;
  readonly writeCache: boolean;
  readonly trims: boolean;
  /** As a power of two of logical sectors. */
  readonly physicalExponent: number;
  readonly rotationRate: number;
  readonly transfer: TransferModes;
}

/** Words 62, 63 and 88: which modes there are, and which one is set. */
export interface TransferModes {
  singleWord: number;
  multiWord: number;
  ultra: number;
}
export const DEFAULT_MODES: TransferModes = { singleWord: 0x07, multiWord: 0x07, ultra: 0x203f };

export function identifyDisk(facts: DiskFacts): Uint8Array {
  const words = new IdentifyWords();
  const { geometry, sectors, transfer } = facts;
  const { cylinders, heads, sectors: track } = geometry;
  const hasName = facts.worldWideName !== 0n ? 1 << 8 : 0;
  words.put({
    0: 0x0040,
    1: cylinders,
    3: heads,
    4: 512 * track,
    5: 512,
    6: track,
    20: 3,
    21: 512,
    22: 4,
    47: 0x8000 | MULTIPLE_LIMIT,
    48: 1,
    49: (1 << 11) | (1 << 9) | (1 << 8),
    51: 0x200,
    52: 0x200,
    53: 7,
    54: cylinders,
    55: heads,
    56: track,
    59: facts.multiple === 0 ? 0 : 0x100 | facts.multiple,
    62: transfer.singleWord,
    63: transfer.multiWord,
    64: 0x03,
    65: 120,
    66: 120,
    67: 120,
    68: 120,
    69: facts.trims ? 1 << 14 : 0,
    75: QUEUE_DEPTH - 1,
    76: 1 << 8,
    80: 0xf0,
    81: 0x16,
    82: (1 << 14) | (1 << 5) | 1,
    83: (1 << 14) | (1 << 13) | (1 << 12) | (1 << 10),
    84: (1 << 14) | hasName,
    85: (1 << 14) | (facts.writeCache ? 1 << 5 : 0) | 1,
    86: (1 << 13) | (1 << 12) | (1 << 10),
    87: (1 << 14) | hasName,
    88: transfer.ultra,
    93: 1 | (1 << 14) | 0x2000,
    106: 0x6000 | facts.physicalExponent,
    169: facts.trims ? 1 : 0,
    217: facts.rotationRate,
  });
  words.setNumber(57, 2, cylinders * heads * track);
  words.setNumber(60, 2, Math.min(sectors, LBA28_LIMIT - 1));
  words.setNumber(100, 4, sectors);
  setIdentity(words, facts);
  return words.bytes;
}

export function identifyPacketDevice(facts: DriveIdentity & { readonly transfer: TransferModes }): Uint8Array {
  const words = new IdentifyWords();
  const hasName = facts.worldWideName !== 0n ? 1 << 8 : 0;
  words.put({
    0: (2 << 14) | (5 << 8) | (1 << 7) | (2 << 5),
    20: 3,
    21: 512,
    22: 4,
    48: 1,
    49: (1 << 9) | (1 << 8),
    53: 7,
    62: facts.transfer.singleWord,
    63: facts.transfer.multiWord,
    64: 3,
    65: 0xb4,
    66: 0xb4,
    67: 0x12c,
    68: 0xb4,
    71: 30,
    72: 30,
    75: QUEUE_DEPTH - 1,
    76: 1 << 8,
    80: 0x1e,
    84: hasName,
    87: hasName,
    88: facts.transfer.ultra,
  });
  setIdentity(words, facts);
  return words.bytes;
}

function setIdentity(words: IdentifyWords, { serial, model, version, worldWideName }: DriveIdentity): void {
  words.setText(10, 20, serial);
  words.setText(23, 8, version);
  words.setText(27, 40, model);
  // The only number whose high word comes first.
  for (let index = 0; index < 4; index++)
    words.set(108 + index, Number((worldWideName >> BigInt(48 - 16 * index)) & 0xffffn));
}

const WORD = { singleWord: 62, multiWord: 63, enabled: 85, ultra: 88 } as const;
const WRITE_CACHE_ENABLED = 1 << 5;

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** SET FEATURES has changed what was told before. */
export function refreshIdentity(identity: Uint8Array, transfer: TransferModes, writeCache: boolean): void {
  const view = viewOf(identity);
  view.setUint16(2 * WORD.singleWord, transfer.singleWord, true);
  view.setUint16(2 * WORD.multiWord, transfer.multiWord, true);
  view.setUint16(2 * WORD.ultra, transfer.ultra, true);
  const enabled = view.getUint16(2 * WORD.enabled, true) & ~WRITE_CACHE_ENABLED;
  view.setUint16(2 * WORD.enabled, enabled | (writeCache ? WRITE_CACHE_ENABLED : 0), true);
}

/** The guest chose these; returns whether it has the write cache on. */
export function adoptIdentity(identity: Uint8Array, transfer: TransferModes): boolean {
  const view = viewOf(identity);
  transfer.singleWord = view.getUint16(2 * WORD.singleWord, true);
  transfer.multiWord = view.getUint16(2 * WORD.multiWord, true);
  transfer.ultra = view.getUint16(2 * WORD.ultra, true);
  return (view.getUint16(2 * WORD.enabled, true) & WRITE_CACHE_ENABLED) !== 0;
}
