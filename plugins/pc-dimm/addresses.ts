import { alignUp } from "backplane";
import { dimmErrors } from "./errors.ts";

export interface Range {
  readonly base: number;
  readonly size: number;
}

interface Occupied extends Range {
  readonly id: string | undefined;
}

interface Wanted {
  readonly size: number;
  readonly alignment: number;
  readonly address: bigint | undefined;
}

const overlaps = (left: Range, right: Range): boolean =>
  left.base < right.base + right.size && right.base < left.base + left.size;

/** The address that was asked for, or the lowest that is free. `devices` ascend by address. */
export function findAddress(wanted: Wanted, window: Range, devices: readonly Occupied[]): number {
  const { size, alignment, address } = wanted;
  if (address !== undefined) return checkAddress(address, wanted, window, devices);
  let base = alignUp(window.base, alignment);
  if (base + size > window.base + window.size) throw dimmErrors.DIMM_TOO_BIG();
  for (const device of devices) {
    if (overlaps({ base, size }, device)) base = alignUp(device.base + device.size, alignment);
  }
  if (base + size > window.base + window.size) throw dimmErrors.DIMM_FRAGMENTED();
  return base;
}

function checkAddress(address: bigint, wanted: Wanted, window: Range, devices: readonly Occupied[]): number {
  const { size, alignment } = wanted;
  if (address % BigInt(alignment) !== 0n) throw dimmErrors.DIMM_ADDRESS_ALIGNMENT(alignment);
  const end = BigInt(window.base + window.size);
  if (address < BigInt(window.base) || address + BigInt(size) > end) {
    throw dimmErrors.DIMM_ADDRESS_RANGE(address, size, window.base, window.size);
  }
  const base = Number(address);
  const other = devices.find((device) => overlaps({ base, size }, device));
  if (other !== undefined) throw dimmErrors.DIMM_CONFLICT(other.id ?? "(unnamed)");
  return base;
}
