import { closeSync, openSync, readSync } from "node:fs";

/**
 * A random UUID (RFC 9562 §5.4). The bytes come from the kernel, as those of `node:crypto` do, whose module takes
 * milliseconds to load: every start of a machine with the device would wait for it.
 */
export function randomUuid(): string {
  const bytes = Buffer.alloc(16);
  const source = openSync("/dev/urandom", "r");
  try {
    readSync(source, bytes);
  } finally {
    closeSync(source);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
