// The CPUID page of an SNP guest (AMD SEV-SNP ABI §7.1, "CPUID Page"): a count, and 64 functions of 48 bytes.
import type { CpuidLeaf } from "../contract.ts";

const PAGE_BYTES = 4096;
const HEADER_BYTES = 16;
const FUNCTION_BYTES = 48;
const MOST_FUNCTIONS = 64;
/** Leaf 0xD: guests compute the size of the extended state themselves, from that of the initial one. */
const EXTENDED_STATE = 0xd;
const LEGACY_STATE_BYTES = 0x240;

export function cpuidPage(leaves: readonly CpuidLeaf[]): Uint8Array {
  const page = Buffer.alloc(PAGE_BYTES);
  const told = leaves.slice(0, MOST_FUNCTIONS);
  page.writeUInt32LE(told.length, 0);
  for (const [at, { leaf, index, eax, ebx, ecx, edx }] of told.entries()) {
    const isStateSize = leaf === EXTENDED_STATE && index <= 1;
    const offset = HEADER_BYTES + at * FUNCTION_BYTES;
    page.writeUInt32LE(leaf, offset);
    page.writeUInt32LE(index, offset + 4);
    page.writeBigUInt64LE(isStateSize ? 1n : 0n, offset + 8);
    page.writeUInt32LE(eax, offset + 24);
    page.writeUInt32LE(isStateSize ? LEGACY_STATE_BYTES : ebx, offset + 28);
    page.writeUInt32LE(ecx, offset + 32);
    page.writeUInt32LE(edx, offset + 36);
  }
  return page;
}
