/**
 * Arguments come as doubles. -1, which counts down from 2^64, comes as the double next to what it stands for, and so do
 * its neighbours.
 */
export function exactUnsigned(value: number): number | bigint {
  if (Number.isSafeInteger(value)) return value;
  return value >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(value);
}
