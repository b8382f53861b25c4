// The table of physical regions: Serial ATA AHCI specification 1.3.1 §4.2.3.3.
import { TABLE } from "./ahci-registers.ts";

export interface MemoryPiece {
  readonly address: number;
  readonly length: number;
}

export function regionsOf(table: Uint8Array): readonly MemoryPiece[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const pieces: MemoryPiece[] = [];
  for (let at = 0; at + TABLE.region <= table.length; at += TABLE.region) {
    const address = view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    // Counted from zero.
    const length = (view.getUint32(at + 12, true) & TABLE.lengthMask) + 1;
    // Memory beyond 2^53 is none: the pieces end there.
    if (!Number.isSafeInteger(address + length)) break;
    pieces.push({ address, length });
  }
  return pieces;
}
