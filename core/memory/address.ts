import { memoryErrors } from "./errors.ts";

declare const kind: unique symbol;
type Branded<Kind extends string> = number & { readonly [kind]: Kind };

/** A guest-physical address or an I/O port: a place in an address space. */
export type GuestAddress = Branded<"GuestAddress">;
/** A place in ram-address space, where every RAM block has its own stretch. */
export type RamAddress = Branded<"RamAddress">;
/** A place within a memory region or RAM block. */
export type RegionOffset = Branded<"RegionOffset">;
/** A number of bytes. Exact below 2^53; 2^64 occurs as the size of a region only. */
export type ByteLength = Branded<"ByteLength">;

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;
export const TiB = 1024 * GiB;

/** The size of a region that covers a whole 64-bit address space: the one value above 2^53. */
export const WHOLE_SPACE = (2 ** 64) as ByteLength;

/** The page of the guest (and of the migration stream): 4 KiB on x86. */
export const TARGET_PAGE_SIZE = 4096 as ByteLength;

// The type parameter only saves each caller below a cast.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
function checked<T extends number>(value: number): T {
  if (!Number.isInteger(value) || value < 0 || (value > Number.MAX_SAFE_INTEGER && value !== WHOLE_SPACE)) {
    throw memoryErrors.ADDRESS_INVALID(value);
  }
  return value as T;
}

export const guestAddress = (value: number): GuestAddress => checked(value);
export const ramAddress = (value: number): RamAddress => checked(value);
export const regionOffset = (value: number): RegionOffset => checked(value);
export const byteLength = (value: number): ByteLength => checked(value);

/** Adds bytes to an address, keeping its kind. */
export function advance<A extends GuestAddress | RamAddress | RegionOffset>(address: A, by: number): A {
  return checked(address + by);
}

/** Rounds up to a multiple of `alignment` (a power of two or not); exact below 2^53, where bit operations are not. */
export function alignUp<T extends number>(value: T, alignment: number): T {
  const rest = value % alignment;
  return (rest === 0 ? value : value + alignment - rest) as T;
}

export function alignDown<T extends number>(value: T, alignment: number): T {
  return (value - (value % alignment)) as T;
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** `0x` and lower-case hexadecimal digits, padded to `digits`. */
export function hex(value: number | bigint, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
