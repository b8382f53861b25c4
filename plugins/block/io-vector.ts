import type { IoVector } from "./contract.ts";

export function vectorLength(vector: IoVector): number {
  let length = 0;
  for (const part of vector) length += part.length;
  return length;
}

/** The part of a vector from `offset` on, as views of the same memory. */
export function sliceVector(vector: IoVector, offset: number, length: number): Uint8Array[] {
  const result: Uint8Array[] = [];
  let skip = offset;
  let left = length;
  for (const part of vector) {
    if (left === 0) break;
    if (skip >= part.length) {
      skip -= part.length;
      continue;
    }
    const piece = part.subarray(skip, skip + left);
    result.push(piece);
    left -= piece.length;
    skip = 0;
  }
  return result;
}

export function zeroVector(vector: IoVector): void {
  for (const part of vector) part.fill(0);
}
