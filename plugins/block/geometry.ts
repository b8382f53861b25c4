// Cylinders, heads and sectors for a disk that has none: by its partition table, where one betrays what made it, or the
// usual 16 heads of 63 sectors.
import { blockErrors } from "./errors.ts";

export interface DiskGeometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
}

const SIGNATURE = { at: 510, value: 0xaa55 } as const;
const PARTITIONS = { at: 0x1be, length: 16, count: 4 } as const;
const LIMIT = 16383;

export function guessGeometry(totalSectors: number, firstSector: Uint8Array): DiskGeometry {
  const told = partitionGeometry(totalSectors, firstSector);
  // More than 16 heads are a translation, which a drive does not have.
  if (told !== undefined && told.heads <= 16) return told;
  return { cylinders: Math.min(Math.max(Math.floor(totalSectors / (16 * 63)), 2), LIMIT), heads: 16, sectors: 63 };
}

function partitionGeometry(totalSectors: number, sector: Uint8Array): DiskGeometry | undefined {
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  if (view.getUint16(SIGNATURE.at, true) !== SIGNATURE.value) return undefined;
  for (let index = 0; index < PARTITIONS.count; index++) {
    const at = PARTITIONS.at + index * PARTITIONS.length;
    const lastHead = view.getUint8(at + 5);
    const length = view.getUint32(at + 12, true);
    if (length === 0 || lastHead === 0) continue;
    // A partition ends where a cylinder ends, so its last head and sector are the highest.
    const heads = lastHead + 1;
    const sectors = view.getUint8(at + 6) & 0x3f;
    if (sectors === 0) continue;
    const cylinders = Math.floor(totalSectors / (heads * sectors));
    if (cylinders >= 1 && cylinders <= LIMIT) return { cylinders, heads, sectors };
  }
  return undefined;
}

const NAMES = ["cyls", "heads", "secs"] as const;
type Given = { readonly [K in (typeof NAMES)[number]]: number };

/** What a user gave: all three or none. Throws with the peer's text. */
export function givenGeometry(values: Given, limits: Given): DiskGeometry | undefined {
  const { cyls, heads, secs } = values;
  if (cyls === 0 && heads === 0 && secs === 0) return undefined;
  for (const name of NAMES) {
    if (values[name] < 1 || values[name] > limits[name]) throw blockErrors.BLOCK_GEOMETRY(name, limits[name]);
  }
  return { cylinders: cyls, heads, sectors: secs };
}
