// Capability and extended capability registers: VT-d specification 4.1 §11.4.2 and §11.4.3.
import type { IommuConfiguration } from "./configuration.ts";

/** Places of registers that the capabilities name, in bytes. */
export const FAULT_RECORD_AT = 0x220;
export const IOTLB_AT = 0xf0;

const bit = (position: number): bigint => 1n << BigInt(position);
const field = (value: number, position: number): bigint => BigInt(value) << BigInt(position);

/** 65536 domains, page-selective invalidation with masks up to 2^18 pages, 2 MiB and 1 GiB second-level pages. */
export function capabilities(unit: IommuConfiguration): bigint {
  let value = field(6, 0) | field(unit.addressWidth - 1, 16) | field(FAULT_RECORD_AT / 16, 24);
  value |= field(3, 34) | bit(39) | field(18, 48);
  if (unit.drain) value |= bit(54) | bit(55);
  if (unit.translation && unit.addressWidth >= 39) value |= bit(9);
  if (unit.translation && unit.addressWidth >= 48) value |= bit(10);
  if (unit.cachingMode) value |= bit(7);
  if (unit.firstLevel && unit.firstLevelGiant) value |= bit(56);
  return value;
}

/** Queued invalidation always; interrupt remapping with its handle mask. */
export function extendedCapabilities(unit: IommuConfiguration): bigint {
  let value = bit(1) | field(IOTLB_AT / 16, 8);
  if (unit.interruptRemapping) value |= bit(3) | field(15, 20);
  if (unit.extendedInterruptMode) value |= bit(4);
  if (unit.deviceIotlb) value |= bit(2);
  if (unit.passThrough) value |= bit(6);
  if (unit.snoopControl) value |= bit(7);
  if (unit.firstLevel) value |= bit(43) | bit(47);
  else if (unit.scalable) value |= bit(43) | bit(31) | bit(46);
  if (unit.pasid) value |= bit(40);
  return value;
}
