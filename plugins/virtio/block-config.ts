// The block device's features (VirtIO 1.2 §5.2.3) and configuration (§5.2.4).
import type { DiskGeometry } from "backplane/plugins/block/contract";

export const BLOCK_FEATURE = {
  segmentsMaximum: 1 << 2,
  geometry: 1 << 4,
  readOnly: 1 << 5,
  blockSize: 1 << 6,
  /** Of legacy devices only (§5.2.3.1). */
  scsi: 1 << 7,
  flush: 1 << 9,
  topology: 1 << 10,
  configCache: 1 << 11,
  queues: 1 << 12,
  discard: 1 << 13,
  writeZeroes: 1 << 14,
} as const;

const AT = {
  capacity: 0,
  segmentsMaximum: 12,
  cylinders: 16,
  heads: 18,
  sectors: 19,
  blockSize: 20,
  physicalExponent: 24,
  minimumIo: 26,
  optimalIo: 28,
  writeback: 32,
  queues: 34,
  discardSectors: 36,
  discardSegments: 40,
  discardAlignment: 44,
  zeroSectors: 48,
  zeroSegments: 52,
  zeroUnmap: 56,
} as const;

const SECTOR = 512;
const SEGMENTS_WITHOUT_ADJUSTMENT = 128;

export interface BlockConfig {
  readonly geometry: DiskGeometry;
  readonly logical: number;
  readonly physical: number;
  readonly minimumIo: number;
  readonly optimalIo: number;
  readonly queues: number;
  readonly queueSize: number;
  readonly adjustsSegments: boolean;
  /** Most sectors of a request, and how they are aligned; absent without the feature. */
  readonly discard: { readonly sectors: number; readonly alignment: number } | undefined;
  readonly writeZeroes: { readonly sectors: number } | undefined;
}

/** It ends with the last field that a feature needs. */
export function configLength({ discard, writeZeroes }: Pick<BlockConfig, "discard" | "writeZeroes">): number {
  if (writeZeroes !== undefined) return AT.zeroUnmap + 1;
  return discard === undefined ? AT.discardSectors : AT.zeroSectors;
}

export const WRITEBACK_AT = AT.writeback;

/** `length` is the medium's, in bytes. */
export function writeBlockConfig(
  into: Uint8Array,
  config: BlockConfig,
  { length, writeCache }: { length: number; writeCache: boolean },
): void {
  const { geometry, logical, discard, writeZeroes } = config;
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  into.fill(0);
  view.setBigUint64(AT.capacity, BigInt(Math.floor(length / SECTOR)), true);
  const segments = config.adjustsSegments ? config.queueSize : SEGMENTS_WITHOUT_ADJUSTMENT;
  view.setUint32(AT.segmentsMaximum, segments - 2, true);
  view.setUint16(AT.cylinders, geometry.cylinders, true);
  view.setUint8(AT.heads, geometry.heads);
  view.setUint8(AT.sectors, wholeBlocks(geometry, length, logical));
  view.setUint32(AT.blockSize, logical, true);
  view.setUint8(AT.physicalExponent, Math.log2(config.physical / logical));
  view.setUint16(AT.minimumIo, config.minimumIo / logical, true);
  view.setUint32(AT.optimalIo, config.optimalIo / logical, true);
  view.setUint8(AT.writeback, writeCache ? 1 : 0);
  view.setUint16(AT.queues, config.queues, true);
  if (discard !== undefined) {
    view.setUint32(AT.discardSectors, discard.sectors, true);
    view.setUint32(AT.discardSegments, 1, true);
    view.setUint32(AT.discardAlignment, Math.floor(discard.alignment / SECTOR), true);
  }
  if (writeZeroes !== undefined) {
    view.setUint32(AT.zeroSectors, writeZeroes.sectors, true);
    view.setUint32(AT.zeroSegments, 1, true);
    view.setUint8(AT.zeroUnmap, 1);
  }
}

/** A track holds whole logical blocks where the capacity does not come to that by itself. */
function wholeBlocks({ heads, sectors }: DiskGeometry, length: number, logical: number): number {
  const perTrack = Math.floor(Math.floor(length / heads) / sectors);
  return length > 0 && perTrack % logical !== 0 ? sectors & ~(logical / SECTOR - 1) : sectors;
}
