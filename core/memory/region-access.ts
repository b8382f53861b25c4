// How an access becomes calls of a device's `read` and `write`: which are valid, how they are split, widened and swapped.
// The rules are the peer's. Nothing here allocates.
import type { MemoryRegionOps } from "./memory-region.ts";
import {
  ACCESS_DECODE_ERROR,
  ACCESS_ERROR,
  ACCESS_OK,
  ACCESS_REFUSED,
  ACCESS_MEMORY_ONLY,
  type AccessAttributes,
  type AccessOutcome,
  type AccessResult,
} from "./transaction.ts";

export interface AccessRules {
  readonly validMin: number;
  readonly validMax: number;
  readonly validUnaligned: boolean;
  readonly implMin: number;
  readonly implMax: number;
  readonly implUnaligned: boolean;
  readonly big: boolean;
  /** The widths, or-ed, that an aligned access has which goes to the device as it is. */
  readonly direct: number;
  /** The largest access when many bytes are read or written at once. */
  readonly bulkMax: number;
}

/** What a region of devices is to an access. */
export interface Accessed {
  readonly ops: MemoryRegionOps | undefined;
  readonly rules: AccessRules;
}

/** What is read where nothing stands, or from a device that does not accept the access; the peer reads 0 as well. */
export const UNASSIGNED = 0;

export function accessRules(ops: MemoryRegionOps | undefined): AccessRules {
  const { valid, impl } = ops ?? {};
  const anySize = valid?.min === undefined && valid?.max === undefined;
  const validMin = valid?.min ?? 1;
  const validMax = anySize ? 8 : (valid?.max ?? Math.max(4, validMin));
  const isPlain = ops !== undefined && ops.accepts === undefined && ops.endianness !== "big";
  const isDirect = (size: number): boolean =>
    isPlain && size >= validMin && size <= validMax && size >= (impl?.min ?? 1) && size <= (impl?.max ?? 4);
  return {
    validMin,
    validMax,
    direct: [1, 2, 4].filter((size) => isDirect(size)).reduce((all, size) => all | size, 0),
    validUnaligned: valid?.unaligned ?? false,
    implMin: impl?.min ?? 1,
    implMax: impl?.max ?? 4,
    implUnaligned: impl?.unaligned ?? false,
    big: ops?.endianness === "big",
    bulkMax: valid?.max ?? Math.max(4, valid?.min ?? 1),
  };
}

/** Why an access is not taken; 0 when it is. */
export function refusal(
  { ops, rules }: Accessed,
  offset: number,
  size: number,
  isWrite: boolean,
  attributes: AccessAttributes,
): AccessResult {
  if ((attributes & ACCESS_MEMORY_ONLY) !== 0) return ACCESS_REFUSED;
  if (ops === undefined) return ACCESS_DECODE_ERROR;
  if (ops.accepts !== undefined && !ops.accepts(offset, size, isWrite, attributes)) return ACCESS_DECODE_ERROR;
  if (!rules.validUnaligned && (offset & (size - 1)) !== 0) return ACCESS_DECODE_ERROR;
  return size >= rules.validMin && size <= rules.validMax ? ACCESS_OK : ACCESS_DECODE_ERROR;
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

/** One read of 1, 2 or 4 bytes. */
export function loadDevice(
  region: Accessed,
  offset: number,
  size: number,
  attributes: AccessAttributes,
  outcome: AccessOutcome,
): number {
  const { ops } = region;
  if (
    (region.rules.direct & size) !== 0 &&
    (offset & (size - 1)) === 0 &&
    (attributes & ACCESS_MEMORY_ONLY) === 0 &&
    ops !== undefined
  ) {
    const answer = ops.read(offset, size, attributes);
    outcome.result = Number.isNaN(answer) ? ACCESS_ERROR : ACCESS_OK;
    return keep(answer, size);
  }
  const refused = refusal(region, offset, size, false, attributes);
  if (refused === ACCESS_OK && region.ops !== undefined) {
    return readOps(region.ops, region.rules, offset, size, attributes, outcome);
  }
  outcome.result = refused;
  return UNASSIGNED;
}

/** One write of 1, 2 or 4 bytes. */
export function storeDevice(
  region: Accessed,
  offset: number,
  value: number,
  size: number,
  attributes: AccessAttributes,
  outcome: AccessOutcome,
): AccessResult {
  const { ops } = region;
  if (
    (region.rules.direct & size) !== 0 &&
    (offset & (size - 1)) === 0 &&
    (attributes & ACCESS_MEMORY_ONLY) === 0 &&
    ops !== undefined
  ) {
    return (outcome.result = ops.write(offset, keep(value, size), size, attributes) ?? ACCESS_OK);
  }
  const refused = refusal(region, offset, size, true, attributes);
  if (refused === ACCESS_OK && region.ops !== undefined) {
    return writeOps(region.ops, region.rules, offset, value, size, attributes, outcome);
  }
  return (outcome.result = refused);
}

/** Reads 1, 2 or 4 bytes that were found valid. */
export function readOps(
  ops: MemoryRegionOps,
  rules: AccessRules,
  offset: number,
  size: number,
  attributes: AccessAttributes,
  outcome: AccessOutcome,
): number {
  const width = Math.max(Math.min(size, rules.implMax), rules.implMin);
  let result = ACCESS_OK;
  let value = 0;
  if (width === size && !rules.big) {
    const answer = ops.read(offset, size, attributes);
    if (Number.isNaN(answer)) result = ACCESS_ERROR;
    value = keep(answer, size);
  } else {
    for (let at = 0; at < size; at += width) {
      const answer = ops.read(offset + at, width, attributes);
      if (Number.isNaN(answer)) result |= ACCESS_ERROR;
      const part = keep(answer, width);
      const shift = rules.big ? (size - width - at) * 8 : at * 8;
      value |= shift >= 0 ? part << shift : part >>> -shift;
    }
    value = rules.big ? swap(keep(value, size), size) : keep(value, size);
  }
  // After the device has answered: its own accesses must not count.
  outcome.result = result;
  return value;
}

/** Writes 1, 2 or 4 bytes that were found valid. */
export function writeOps(
  ops: MemoryRegionOps,
  rules: AccessRules,
  offset: number,
  value: number,
  size: number,
  attributes: AccessAttributes,
  outcome: AccessOutcome,
): AccessResult {
  const width = Math.max(Math.min(size, rules.implMax), rules.implMin);
  let result: AccessResult = ACCESS_OK;
  if (width === size && !rules.big) {
    result = ops.write(offset, keep(value, size), size, attributes) ?? ACCESS_OK;
  } else {
    const bytes = rules.big ? swap(keep(value, size), size) : keep(value, size);
    for (let at = 0; at < size; at += width) {
      const shift = rules.big ? (size - width - at) * 8 : at * 8;
      const part = keep(shift >= 0 ? bytes >>> shift : bytes << -shift, width);
      result |= ops.write(offset + at, part, width, attributes) ?? ACCESS_OK;
    }
  }
  return (outcome.result = result);
}

/** One access of a bulk read; returns its width. */
export function readDevice(
  region: Accessed,
  offset: number,
  into: Uint8Array,
  done: number,
  attributes: AccessAttributes,
  outcome: AccessOutcome,
): number {
  const size = bulkAccessSize(region.rules, offset, into.length - done);
  const refused = refusal(region, offset, size, false, attributes);
  let result = refused;
  for (let half = 0; half < size; half += 4) {
    const width = Math.min(size, 4);
    let value = UNASSIGNED;
    if (refused === ACCESS_OK && region.ops !== undefined) {
      value = readOps(region.ops, region.rules, offset + half, width, attributes, outcome);
      result |= outcome.result;
    }
    for (let at = 0; at < width; at++) into[done + half + at] = value >>> (at * 8);
  }
  outcome.result = result;
  return size;
}

/** One access of a bulk write; returns its width. */
export function writeDevice(
  region: Accessed,
  offset: number,
  from: Uint8Array,
  done: number,
  attributes: AccessAttributes,
  outcome: AccessOutcome,
): number {
  const size = bulkAccessSize(region.rules, offset, from.length - done);
  let result = refusal(region, offset, size, true, attributes);
  if (result === ACCESS_OK && region.ops !== undefined) {
    for (let half = 0; half < size; half += 4) {
      const width = Math.min(size, 4);
      let value = 0;
      for (let at = width - 1; at >= 0; at--) value = (value << 8) | (from[done + half + at] ?? 0);
      result |= writeOps(region.ops, region.rules, offset + half, value >>> 0, width, attributes, outcome);
    }
  }
  outcome.result = result;
  return size;
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
