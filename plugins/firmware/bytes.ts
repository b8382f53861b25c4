/** The bytes as a Buffer over the same memory. */
export function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Little-endian; values that a double cannot hold become the largest that it can. */
export function readU64(bytes: Uint8Array, offset = 0): number {
  const value = view(bytes).readBigUInt64LE(offset);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

export function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return sum;
}

/** Sets the byte at `at` so that the bytes sum up to zero. */
export function completeChecksum(bytes: Uint8Array, at: number): void {
  bytes[at] = 0;
  bytes[at] = -sumOf(bytes);
}

export function text(bytes: Uint8Array, offset: number, length: number): string {
  return view(bytes).toString("latin1", offset, offset + length);
}
