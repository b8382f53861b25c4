// ACPI 6.5 §15.1, "INT 15H, E820H - Query System Address Map": base, length and type of every range.
import type { E820Entry } from "./contract.ts";

const ENTRY_BYTES = 20;

export function encodeE820(entries: readonly E820Entry[]): Uint8Array {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
  for (const [index, { address, length, type }] of entries.entries()) {
    const at = index * ENTRY_BYTES;
    bytes.writeBigUInt64LE(BigInt(address), at);
    bytes.writeBigUInt64LE(BigInt(length), at + 8);
    bytes.writeUInt32LE(type, at + 16);
  }
  return bytes;
}
