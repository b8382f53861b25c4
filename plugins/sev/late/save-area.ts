// AMD64 Architecture Programmer's Manual, volume 2, table B-4: the save area of a processor whose registers are encrypted,
// as KVM makes it of one that was just created.
import type { VcpuState } from "../contract.ts";

const PAGE_BYTES = 4096;
export const SNP_ACTIVE = 0x1;

const SEGMENT = {
  es: 0x00,
  cs: 0x10,
  ss: 0x20,
  ds: 0x30,
  fs: 0x40,
  gs: 0x50,
  gdtr: 0x60,
  ldtr: 0x70,
  idtr: 0x80,
  tr: 0x90,
};
const REGISTER = {
  efer: 0xd0,
  cr4: 0x148,
  cr0: 0x158,
  dr7: 0x160,
  dr6: 0x168,
  rflags: 0x170,
  rip: 0x178,
  pat: 0x268,
  rdx: 0x310,
  features: 0x3b0,
  xcr0: 0x3e8,
};
/** MXCSR and the x87 control word, as a processor's reset has them. */
const FLOATING_POINT = { mxcsr: { at: 0x408, value: 0x1f80 }, fcw: { at: 0x410, value: 0x37f } };
const LIMIT = 0xffff;
const CODE_SELECTOR = 0xf000;
/** Present, accessed: data that can be written; code that can be read; a busy task; a local table. */
const ATTRIBUTES = { data: 0x93, code: 0x9b, task: 0x8b, table: 0x82 };

export interface SaveAreaForm {
  /** SEV_FEATURES. */
  readonly features: number;
  /** The kernel copies what the FPU holds; one that does not leaves zeroes. */
  readonly hasFloatingPoint: boolean;
}

export function saveArea(state: VcpuState, { features, hasFloatingPoint }: SaveAreaForm): Buffer {
  const { signature, codeBase, instruction } = state;
  const page = Buffer.alloc(PAGE_BYTES);
  const segment = (at: number, attributes: number, selector = 0, base = 0): void => {
    page.writeUInt16LE(selector, at);
    page.writeUInt16LE(attributes, at + 2);
    page.writeUInt32LE(LIMIT, at + 4);
    page.writeBigUInt64LE(BigInt(base), at + 8);
  };
  const register = (at: number, value: bigint): void => void page.writeBigUInt64LE(value, at);
  for (const name of ["es", "ss", "ds", "fs", "gs"] as const) segment(SEGMENT[name], ATTRIBUTES.data);
  segment(SEGMENT.cs, ATTRIBUTES.code, CODE_SELECTOR, codeBase);
  segment(SEGMENT.gdtr, 0);
  segment(SEGMENT.ldtr, ATTRIBUTES.table);
  segment(SEGMENT.idtr, 0);
  segment(SEGMENT.tr, ATTRIBUTES.task);
  // KVM sets EFER.SVME and CR4.MCE; the rest is the architecture's reset.
  register(REGISTER.efer, 0x1000n);
  register(REGISTER.cr4, 0x40n);
  register(REGISTER.cr0, 0x10n);
  register(REGISTER.dr7, 0x400n);
  register(REGISTER.dr6, 0xffff_0ff0n);
  register(REGISTER.rflags, 0x2n);
  register(REGISTER.rip, BigInt(instruction));
  register(REGISTER.pat, 0x0007_0406_0007_0406n);
  register(REGISTER.rdx, BigInt(signature));
  register(REGISTER.features, BigInt(features));
  register(REGISTER.xcr0, 1n);
  if (hasFloatingPoint) {
    const { mxcsr, fcw } = FLOATING_POINT;
    page.writeUInt32LE(mxcsr.value, mxcsr.at);
    page.writeUInt16LE(fcw.value, fcw.at);
  }
  return page;
}
