// DMTF DSP0134 §5.2.1 (32-bit) and §5.2.2 (64-bit). Addresses and checksums are the firmware's to fill in.

export type EntryPointKind = "32" | "64";

/** The 16-bit length in a 32-bit entry point. */
export const MAX_LENGTH_32 = 0xffff;
const REVISION_2_8 = { major: 2, minor: 8, bcd: 0x28 } as const;
const REVISION_3_0 = { major: 3, minor: 0 } as const;

function lengthOf(structures: readonly Uint8Array[]): number {
  return structures.reduce((sum, structure) => sum + structure.length, 0);
}

function entryPoint32(structures: readonly Uint8Array[]): Uint8Array {
  const anchor = Buffer.alloc(31);
  anchor.write("_SM_", 0, "latin1");
  anchor.writeUInt8(anchor.length, 0x05);
  anchor.writeUInt8(REVISION_2_8.major, 0x06);
  anchor.writeUInt8(REVISION_2_8.minor, 0x07);
  anchor.writeUInt16LE(Math.max(...structures.map((structure) => structure.length)), 0x08);
  anchor.write("_DMI_", 0x10, "latin1");
  anchor.writeUInt16LE(lengthOf(structures), 0x16);
  anchor.writeUInt16LE(structures.length, 0x1c);
  anchor.writeUInt8(REVISION_2_8.bcd, 0x1e);
  return anchor;
}

function entryPoint64(structures: readonly Uint8Array[]): Uint8Array {
  const anchor = Buffer.alloc(24);
  anchor.write("_SM3_", 0, "latin1");
  anchor.writeUInt8(anchor.length, 0x06);
  anchor.writeUInt8(REVISION_3_0.major, 0x07);
  anchor.writeUInt8(REVISION_3_0.minor, 0x08);
  anchor.writeUInt8(1, 0x0a);
  anchor.writeUInt32LE(lengthOf(structures), 0x0c);
  return anchor;
}

export function entryPoint(kind: EntryPointKind, structures: readonly Uint8Array[]): Uint8Array {
  return kind === "32" ? entryPoint32(structures) : entryPoint64(structures);
}
