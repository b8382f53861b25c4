// How a PC describes itself to its firmware in the clock's memory: IBM PC/AT Technical Reference "CMOS RAM", Ralf Brown's
// CMOS list for what came later.
import { KiB, MiB } from "backplane";
import type { Cmos } from "./contract.ts";

const AT = {
  equipment: 0x14,
  baseMemory: 0x15,
  extendedMemory: 0x17,
  extendedMemoryCopy: 0x30,
  memoryAbove16M: 0x34,
  memoryAbove4G: 0x5b,
  processors: 0x5f,
} as const;

const MATH_COPROCESSOR = 0x02;
const PS2_MOUSE = 0x04;
const BLOCK = 64 * KiB;

export interface PcDescription {
  readonly belowFourGiB: number;
  readonly aboveFourGiB: number;
  readonly cpus: number;
  readonly hasMouse: boolean;
}

export function describePc(cmos: Cmos, pc: PcDescription): void {
  const put = (index: number, value: number, bytes: number): void => {
    for (let at = 0; at < bytes; at++) cmos.set(index + at, Math.floor(value / 256 ** at) % 256);
  };
  const extended = Math.min(Math.max(pc.belowFourGiB - MiB, 0) / KiB, 0xffff);
  put(AT.baseMemory, Math.min(pc.belowFourGiB / KiB, 640), 2);
  put(AT.extendedMemory, extended, 2);
  put(AT.extendedMemoryCopy, extended, 2);
  put(AT.memoryAbove16M, Math.min(Math.max(pc.belowFourGiB - 16 * MiB, 0) / BLOCK, 0xffff), 2);
  put(AT.memoryAbove4G, pc.aboveFourGiB / BLOCK, 3);
  // More processors than fit are counted in fw_cfg.
  cmos.set(AT.processors, pc.cpus > 256 ? 0 : pc.cpus - 1);
  cmos.set(AT.equipment, MATH_COPROCESSOR | (pc.hasMouse ? PS2_MOUSE : 0));
}
