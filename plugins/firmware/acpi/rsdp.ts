// Finding the RSDP: ACPI 6.5 §5.2.5.1 to §5.2.5.3; table headers §5.2.6.
import { readU64, sumOf, text, view } from "../bytes.ts";
import type { Platform } from "../platform.ts";

const AREA = { start: 0xe_0000, length: 0x2_0000 } as const;
const STEP = 16;
const SIGNATURE = "RSD PTR ";
const LENGTH = 20;
const EXTENDED_LENGTH = 36;
const HEADER_LENGTH = 36;
const MAX_TABLE = 1024 * 1024;

/** The first RSDP in the BIOS area whose checksum is right. */
export function findRsdp(platform: Platform): number | undefined {
  const area = platform.read(AREA.start, AREA.length);
  for (let at = 0; at + LENGTH <= area.length; at += STEP) {
    if (text(area, at, SIGNATURE.length) !== SIGNATURE) continue;
    if (sumOf(area.subarray(at, at + LENGTH)) === 0) return AREA.start + at;
  }
  return undefined;
}

/** Why the RSDP leads to no root table; undefined when it does. */
export function rootTableProblem(platform: Platform, rsdp: number): string | undefined {
  const bytes = platform.read(rsdp, EXTENDED_LENGTH);
  const extended = (bytes[15] ?? 0) >= 2 ? readU64(bytes, 24) : 0;
  const address = extended === 0 ? view(bytes).readUInt32LE(16) : extended;
  const name = extended === 0 ? "RSDT" : "XSDT";
  const header = platform.read(address, HEADER_LENGTH);
  const length = view(header).readUInt32LE(4);
  const isTable = text(header, 0, 4) === name && length >= HEADER_LENGTH && length <= MAX_TABLE;
  if (isTable && sumOf(platform.read(address, length)) === 0) return undefined;
  return `the RSDP leads to 0x${address.toString(16)}, where there is no ${name}`;
}
