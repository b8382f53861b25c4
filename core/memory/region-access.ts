// How an access of the guest becomes calls of a device's `read` and `write`: which are valid, how they are split,
// widened and swapped. The rules are the peer's. Nothing here allocates.
import type { MemoryRegionOps } from "./memory-region.ts";

export interface AccessRules {
  readonly validMin: number;
  readonly validMax: number;
  readonly validUnaligned: boolean;
  readonly implMin: number;
  readonly implMax: number;
  readonly implUnaligned: boolean;
  readonly big: boolean;
  /** The largest access when many bytes are read or written at once. */
  readonly bulkMax: number;
}

export function accessRules(ops: MemoryRegionOps | undefined): AccessRules {
  const { valid, impl } = ops ?? {};
  const anySize = valid?.min === undefined && valid?.max === undefined;
  return {
    validMin: valid?.min ?? 1,
    validMax: anySize ? 8 : (valid?.max ?? Math.max(4, valid?.min ?? 1)),
    validUnaligned: valid?.unaligned ?? false,
    implMin: impl?.min ?? 1,
    implMax: impl?.max ?? 4,
    implUnaligned: impl?.unaligned ?? false,
    big: ops?.endianness === "big",
    bulkMax: valid?.max ?? Math.max(4, valid?.min ?? 1),
  };
}

export function isValidAccess(rules: AccessRules, offset: number, size: number): boolean {
  if (!rules.validUnaligned && (offset & (size - 1)) !== 0) return false;
  return size >= rules.validMin && size <= rules.validMax;
}

/** The width of the next access when `remaining` bytes are to be read or written from `offset` on. */
export function bulkAccessSize(rules: AccessRules, offset: number, remaining: number): number {
  let size = rules.bulkMax;
  if (!rules.implUnaligned) {
    // The lowest set bit is the alignment; offset 0 is aligned to everything. The low 32 bits are enough.
    const alignment = offset & -offset;
    if (alignment > 0 && alignment < size) size = alignment;
  }
  while (size > remaining) size >>>= 1;
  return size;
}

/** Reads 1, 2 or 4 bytes that were found valid. */
export function readOps(ops: MemoryRegionOps, rules: AccessRules, offset: number, size: number): number {
  const width = Math.max(Math.min(size, rules.implMax), rules.implMin);
  if (width === size && !rules.big) return keep(ops.read(offset, size), size);
  let value = 0;
  for (let at = 0; at < size; at += width) {
    const part = keep(ops.read(offset + at, width), width);
    const shift = rules.big ? (size - width - at) * 8 : at * 8;
    value |= shift >= 0 ? part << shift : part >>> -shift;
  }
  return rules.big ? swap(keep(value, size), size) : keep(value, size);
}

/** Writes 1, 2 or 4 bytes that were found valid. */
export function writeOps(ops: MemoryRegionOps, rules: AccessRules, offset: number, value: number, size: number): void {
  const width = Math.max(Math.min(size, rules.implMax), rules.implMin);
  if (width === size && !rules.big) {
    ops.write(offset, keep(value, size), size);
    return;
  }
  const bytes = rules.big ? swap(keep(value, size), size) : keep(value, size);
  for (let at = 0; at < size; at += width) {
    const shift = rules.big ? (size - width - at) * 8 : at * 8;
    ops.write(offset + at, keep(shift >= 0 ? bytes >>> shift : bytes << -shift, width), width);
  }
}

/** The low `size` bytes, unsigned. */
function keep(value: number, size: number): number {
  return size === 4 ? value >>> 0 : size === 2 ? value & 0xffff : value & 0xff;
}

function swap(value: number, size: number): number {
  if (size === 1) return value;
  if (size === 2) return ((value & 0xff) << 8) | (value >>> 8);
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
