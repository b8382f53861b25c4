import type { Mode, ModeTimings } from "./mode-timings.ts";

/** VESA DisplayID 1.3 as an extension of EDID: its tag, version, length, "stand-alone display", no further extension. */
const HEADER = [0x70, 0x13, 23, 0x03, 0];
/** §4.4: a type 1 detailed timing, of twenty bytes. */
const TIMING = [0x03, 0x00, 0x14];
/** Preferred; no aspect ratio. */
const OPTIONS = 0x88;

export function displayIdBlock({ width, height }: Mode, { horizontal, vertical, clock }: ModeTimings): Uint8Array {
  const less = (value: number): readonly number[] => [value - 1, (value - 1) >>> 8];
  const section = [
    ...HEADER,
    ...TIMING,
    clock % 256,
    Math.trunc(clock / 2 ** 8) % 256,
    Math.trunc(clock / 2 ** 16) % 256,
    OPTIONS,
    ...[width, horizontal.blank, horizontal.front, horizontal.sync].flatMap(less),
    ...[height, vertical.blank, vertical.front, vertical.sync].flatMap(less),
  ];
  const bytes = Uint8Array.from(section, (value) => value & 0xff);
  const sum = bytes.subarray(1).reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(...bytes, -sum & 0xff);
}
