import { GiB, KiB, MiB } from "backplane";
import { HANDLES } from "./handles.ts";
import { Structure } from "./structure.ts";
import type { Identity } from "./system-structures.ts";
import type { UserFields } from "./user-fields.ts";

export interface MemoryFacts {
  readonly size: number;
  /** The largest device; default today's. */
  readonly deviceSize?: number;
  /** RAM in guest addresses, in the order of the e820 map. */
  readonly ranges: readonly { readonly address: number; readonly length: number }[];
}

/** More than any machine has, so there is one; it was less once. */
export const DEVICE_SIZE = { today: 2047 * 1024 * GiB, before: 16 * GiB } as const;
const LOCATION_OTHER = 1;
const USE_SYSTEM_MEMORY = 3;
/** Single-bit ECC would do; Windows looks for this one. */
const ECC_MULTI_BIT = 6;
const NO_ERROR_INFORMATION = 0xfffe;
const UNKNOWN_WIDTH = 0xffff;
const EXTENDED_CAPACITY = 0x8000_0000;
const EXTENDED_SIZE = 0x7fff;
const EXTENDED_ADDRESS = 0xffff_ffff;
const FORM_DIMM = 9;
const TYPE_RAM = 7;
const DETAIL_OTHER = 1 << 1;

/** §7.17, physical memory array (type 16). */
function memoryArray(size: number, devices: number): Uint8Array {
  const kilobytes = Math.ceil(size / KiB);
  const fits = kilobytes < EXTENDED_CAPACITY;
  return new Structure(16, HANDLES.memoryArray)
    .u8(LOCATION_OTHER)
    .u8(USE_SYSTEM_MEMORY)
    .u8(ECC_MULTI_BIT)
    .u32(fits ? kilobytes : EXTENDED_CAPACITY)
    .u16(NO_ERROR_INFORMATION)
    .u16(devices)
    .u64(fits ? 0 : size)
    .finish();
}

/** §7.18, memory device (type 17). */
function memoryDevice(index: number, size: number, fields: UserFields, machine: Identity): Uint8Array {
  const megabytes = Math.ceil(size / MiB);
  const fits = megabytes < EXTENDED_SIZE;
  const speed = Number(BigInt.asUintN(16, fields.number(17, "speed") ?? 0n));
  return new Structure(17, HANDLES.memoryDevice + index)
    .u16(HANDLES.memoryArray)
    .u16(NO_ERROR_INFORMATION)
    .u16(UNKNOWN_WIDTH)
    .u16(UNKNOWN_WIDTH)
    .u16(fits ? megabytes : EXTENDED_SIZE)
    .u8(FORM_DIMM)
    .u8(0)
    .text(`${fields.text(17, "loc_pfx") ?? "DIMM"} ${index}`)
    .text(fields.text(17, "bank"))
    .u8(TYPE_RAM)
    .u16(DETAIL_OTHER)
    .u16(speed)
    .text(fields.text(17, "manufacturer") ?? machine.manufacturer)
    .text(fields.text(17, "serial"))
    .text(fields.text(17, "asset"))
    .text(fields.text(17, "part"))
    .u8(0)
    .u32(fits ? 0 : megabytes)
    .u16(speed)
    .zeros(6)
    .finish();
}

/** §7.20, memory array mapped address (type 19). */
function mappedAddress(index: number, { address, length }: MemoryFacts["ranges"][number]): Uint8Array {
  const last = address + length - 1;
  const [from, to] = [Math.floor(address / KiB), Math.floor(last / KiB)];
  const fits = from < EXTENDED_ADDRESS && to < EXTENDED_ADDRESS;
  return new Structure(19, HANDLES.mappedAddress + index)
    .u32(fits ? from : EXTENDED_ADDRESS)
    .u32(fits ? to : EXTENDED_ADDRESS)
    .u16(HANDLES.memoryArray)
    .u8(1)
    .u64(fits ? 0 : address)
    .u64(fits ? 0 : last)
    .finish();
}

/** The array, its devices, and where they are mapped. */
export function memoryStructures(memory: MemoryFacts, fields: UserFields, machine: Identity): Uint8Array[] {
  const { deviceSize = DEVICE_SIZE.today } = memory;
  const count = Math.ceil(memory.size / deviceSize);
  const sizes = Array.from({ length: count }, (_, at) => Math.min(deviceSize, memory.size - at * deviceSize));
  return [
    ...fields.unlessFile(16, () => [memoryArray(memory.size, count)]),
    ...fields.unlessFile(17, () => sizes.map((size, at) => memoryDevice(at, size, fields, machine))),
    ...fields.unlessFile(19, () => memory.ranges.map((range, at) => mappedAddress(at, range))),
  ];
}
