// Modes that the monitor knows besides the one that it prefers, in the order of preference: VESA E-EDID 1.4 §3.8 and §3.9,
// further established timings §3.10.3.9, and video codes of CTA-861-G §7.5.1.

interface KnownMode {
  readonly width: number;
  readonly height: number;
  /** A bit of the base block's established timings. */
  readonly established?: readonly [byte: number, bit: number];
  /** A bit of the descriptor of further established timings. */
  readonly further?: readonly [byte: number, bit: number];
  readonly videoCode?: number;
}

const MODES: readonly KnownMode[] = [
  // At 50 Hz.
  { width: 5120, height: 2160, videoCode: 125 },
  { width: 4096, height: 2160, videoCode: 101 },
  { width: 3840, height: 2160, videoCode: 96 },
  { width: 2560, height: 1080, videoCode: 89 },
  { width: 2048, height: 1152 },
  { width: 1920, height: 1080, videoCode: 31 },
  // At 60 Hz.
  { width: 3840, height: 2160, videoCode: 97 },
  { width: 1920, height: 1200, further: [10, 0] },
  { width: 1600, height: 1200, further: [9, 2] },
  { width: 1680, height: 1050, further: [9, 5] },
  { width: 1440, height: 900, further: [8, 5] },
  { width: 1280, height: 1024, further: [7, 1] },
  { width: 1280, height: 960, further: [7, 3] },
  { width: 1280, height: 768, further: [7, 6] },
  { width: 1920, height: 1440, further: [11, 5] },
  { width: 1856, height: 1392, further: [10, 3] },
  { width: 1792, height: 1344, further: [10, 5] },
  { width: 1440, height: 1050, further: [8, 1] },
  { width: 1360, height: 768, further: [8, 7] },
  { width: 1024, height: 768, established: [36, 3] },
  { width: 800, height: 600, established: [35, 0] },
  { width: 640, height: 480, established: [35, 5] },
];

const STANDARD = { first: 38, end: 54, unused: 0x01 } as const;
/** Width to height, in the order of the codes. */
const ASPECTS = [
  [16, 10],
  [4, 3],
  [5, 4],
  [16, 9],
] as const;
/** §3.10.3.9: the tag of further established timings, and their version. */
const FURTHER = [0, 0, 0, 0xf7, 0, 10];

export interface ModeBlocks {
  readonly base: Uint8Array;
  /** A descriptor's eighteen bytes. */
  readonly further: Uint8Array;
  readonly cta: Uint8Array;
}

/** Enters the modes up to a size; 0 is no limit. */
export function addKnownModes({ base, further, cta }: ModeBlocks, maxWidth: number, maxHeight: number): void {
  further.set(FURTHER);
  let standard: number = STANDARD.first;
  for (const mode of MODES) {
    if ((maxWidth !== 0 && mode.width > maxWidth) || (maxHeight !== 0 && mode.height > maxHeight)) continue;
    if (mode.established !== undefined) setBit(base, mode.established);
    else if (standard < STANDARD.end) {
      const code = standardCode(mode);
      if (code !== undefined) {
        base.set(code, standard);
        standard += code.length;
      }
    } else if (mode.further !== undefined) setBit(further, mode.further);
    if (mode.videoCode !== undefined) addVideoCode(cta, mode.videoCode);
  }
  base.fill(STANDARD.unused, standard, STANDARD.end);
}

/** A standard timing at 60 Hz; undefined where its byte or the aspects do not suffice. */
function standardCode({ width, height }: KnownMode): readonly number[] | undefined {
  const aspect = ASPECTS.findIndex(([x, y]) => width * y === height * x);
  const code = width / 8 - 31;
  return aspect < 0 || code > 0xff ? undefined : [code, aspect << 6];
}

function setBit(bytes: Uint8Array, [byte, bit]: readonly [number, number]): void {
  bytes[byte] = (bytes[byte] ?? 0) | (1 << bit);
}

/** Its third byte is where the codes end, its fifth the header of the block of codes with their number. */
function addVideoCode(cta: Uint8Array, code: number): void {
  const end = cta[2] ?? 0;
  cta[end] = code;
  cta[2] = end + 1;
  cta[4] = (cta[4] ?? 0) + 1;
}
