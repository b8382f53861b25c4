// Vectors of requests, cut into what one command transfers.
import type { HostAddress } from "backplane";
import type { IoVector } from "backplane/plugins/block/contract";

/** A part of a vector, and where it lies if that is known. */
export interface Part {
  readonly view: Uint8Array;
  readonly address: HostAddress | undefined;
}

/** The stretch of a vector from an offset on. */
export function cut(
  vector: IoVector,
  addresses: readonly HostAddress[] | undefined,
  offset: number,
  length: number,
): Part[] {
  const parts: Part[] = [];
  let skipped = 0;
  for (const [index, view] of vector.entries()) {
    const from = Math.max(offset - skipped, 0);
    const to = Math.min(offset + length - skipped, view.length);
    if (from < to) {
      const address = addresses?.[index];
      parts.push({
        view: view.subarray(from, to),
        address: address === undefined ? undefined : ((address + from) as HostAddress),
      });
    }
    skipped += view.length;
    if (skipped >= offset + length) break;
  }
  return parts;
}

export function lengthOf(vector: IoVector): number {
  let length = 0;
  for (const view of vector) length += view.length;
  return length;
}

/** Whether the controller can be given the parts as they lie: whole pages at addresses. */
export function isPaged(parts: readonly Part[], pageSize: number): boolean {
  return parts.every(
    ({ view, address }) => address !== undefined && address % pageSize === 0 && view.length % pageSize === 0,
  );
}
