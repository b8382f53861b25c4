// What the monitor says of itself: VESA Enhanced EDID 1.4, with one CTA-861 extension block, and with a DisplayID one
// where the preferred mode is too large for EDID.
import { displayIdBlock } from "./display-id.ts";
import { modeTimings, type Mode, type ModeTimings } from "./mode-timings.ts";
import { addKnownModes } from "./known-modes.ts";

const BLOCK = 128;
const LENGTH = 3 * BLOCK;
const DESCRIPTOR_LENGTH = 18;
const AT = { screen: 21, modes: 35, descriptors: 54, extensions: 126 } as const;

const MANUFACTURER = [0x49, 0x14]; // "RHT", five bits a letter (§3.4.1)
const IDENTITY = [0x34, 0x12, 0, 0, 0, 0, 42, 2014 - 1990];
/** Digital, eight bits a color; size; gamma 2.2; sRGB and a preferred timing (§3.6). */
const DISPLAY = [0xa5, 0, 0, 120, 0x06];
const CHROMATICITY = [0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54];
/** 50 to 125 Hz, 30 to 160 kHz, 2550 MHz (§3.10.3.3). */
const RANGES = [0, 0, 0, 0xfd, 0, 0x32, 0x7d, 0x1e, 0xa0, 0xff, 0x01, 0x0a, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20];
const NAME = [0, 0, 0, 0xfc, 0, ...Buffer.from("QEMU Monitor\n")];
const EMPTY = [0, 0, 0, 0x10];
/** CTA-861-G §7.5: revision 3, then a block of video codes, which follow. */
const CTA = [0x02, 0x03, 0x05, 0x00, 0x40];
const CTA_LENGTH_AT = 2;
/** From here on EDID's descriptor has not the bits for it (§3.10.2). */
const LARGE = { pixels: 4096, clock: 65536 } as const;
const DPI = 100;

/** What the properties of a display say; 0 is "not said". */
export interface Monitor {
  readonly width: number;
  readonly height: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
  /** In thousandths of a hertz. */
  readonly refresh: number;
}

export const DEFAULT_MODE: Mode = { width: 1280, height: 800, refresh: 75_000 };

export function monitorDescription(monitor: Monitor): Uint8Array {
  const mode: Mode = {
    width: monitor.width === 0 ? DEFAULT_MODE.width : monitor.width,
    height: monitor.height === 0 ? DEFAULT_MODE.height : monitor.height,
    refresh: monitor.refresh === 0 ? DEFAULT_MODE.refresh : monitor.refresh,
  };
  const size = { width: millimetres(mode.width), height: millimetres(mode.height) };
  const timings = modeTimings(mode);
  const isLarge = mode.width >= LARGE.pixels || mode.height >= LARGE.pixels || timings.clock >= LARGE.clock;
  const bytes = new Uint8Array(LENGTH);
  const base = bytes.subarray(0, BLOCK);
  const cta = bytes.subarray(BLOCK, 2 * BLOCK);
  base.set([0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, ...MANUFACTURER, ...IDENTITY, 1, 4, ...DISPLAY, ...CHROMATICITY]);
  base.set([size.width / 10, size.height / 10], AT.screen);
  base[AT.extensions] = isLarge ? 2 : 1;
  cta.set(CTA);
  const further = new Uint8Array(DESCRIPTOR_LENGTH);
  addKnownModes({ base, further, cta }, monitor.maxWidth, monitor.maxHeight);
  const preferred = isLarge ? [] : [timingDescriptor(mode, timings, size)];
  const descriptors: readonly ArrayLike<number>[] = [...preferred, further, RANGES, NAME];
  for (const [index, at] of places(cta[CTA_LENGTH_AT] ?? 0).entries()) bytes.set(descriptors[index] ?? EMPTY, at);
  addSum(base);
  addSum(cta);
  if (isLarge) {
    const last = bytes.subarray(2 * BLOCK);
    last.set(displayIdBlock(mode, timings));
    addSum(last);
  }
  return bytes;
}

/** Four descriptors in the base block, then as many as there is room for behind the video codes. */
function places(codesEnd: number): number[] {
  const all = [0, 1, 2, 3].map((index) => AT.descriptors + index * DESCRIPTOR_LENGTH);
  let at = codesEnd;
  do {
    all.push(BLOCK + at);
    at += DESCRIPTOR_LENGTH;
  } while (at + DESCRIPTOR_LENGTH < BLOCK - 1);
  return all;
}

function millimetres(pixels: number): number {
  return Math.trunc((Math.imul(pixels, 254) >>> 0) / 10 / DPI);
}

/** §3.10.2. */
function timingDescriptor(mode: Mode, timings: ModeTimings, size: { width: number; height: number }): number[] {
  const { horizontal, vertical, clock } = timings;
  const high = (upper: number, lower: number): number => ((upper & 0xf00) >> 4) | ((lower & 0xf00) >> 8);
  return [
    clock,
    clock >>> 8,
    mode.width,
    horizontal.blank,
    high(mode.width, horizontal.blank),
    mode.height,
    vertical.blank,
    high(mode.height, vertical.blank),
    horizontal.front,
    horizontal.sync,
    ((vertical.front & 0x0f) << 4) | (vertical.sync & 0x0f),
    ((horizontal.front & 0x300) >> 2) |
      ((horizontal.sync & 0x300) >> 4) |
      ((vertical.front & 0x30) >> 2) |
      ((vertical.sync & 0x30) >> 4),
    size.width,
    size.height,
    high(size.width, size.height),
    0,
    0,
    0x18,
  ];
}

function addSum(block: Uint8Array): void {
  const sum = block.subarray(0, BLOCK - 1).reduce((total, byte) => total + byte, 0);
  block[BLOCK - 1] = -sum & 0xff;
}
