import { configErrors } from "./errors.ts";

const UNITS = "BKMGTPE";

/**
 * Reads a size as the peer does: decimal with an optional suffix B K M G T P E (powers of 1024, either case), with a
 * fraction only where the suffix makes more than bytes of it; or hexadecimal without a suffix. Returns bytes; undefined
 * when the text is no size. `unit` applies when there is no suffix.
 */
export function parseSize(text: string, unit: "B" | "K" | "M" | "G" = "B"): number | undefined {
  const match = /^[ \t\n\v\f\r]*\+?(?:(0[xX][0-9a-fA-F]+)|([0-9]+\.?[0-9]*|\.[0-9]+)([bkmgtpeBKMGTPE]?))$/.exec(text);
  if (match === null) return undefined;
  const [, hexadecimal, decimal, suffix] = match;
  const number = Number(hexadecimal ?? decimal);
  const scale = 1024 ** UNITS.indexOf(suffix === undefined || suffix === "" ? unit : suffix.toUpperCase());
  if (scale === 1 && !Number.isInteger(number)) return undefined;
  return Math.trunc(number * scale);
}

/** `parseSize`, or an error that says what is expected. */
export function requireSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw configErrors.SIZE_INVALID(text);
  return bytes;
}

/** `20 GiB`, `256 MiB`, `65518 B`: the largest unit that leaves a whole number. */
export function formatSize(bytes: number): string {
  for (const [power, name] of [
    [4, "TiB"],
    [3, "GiB"],
    [2, "MiB"],
    [1, "KiB"],
  ] as const) {
    const unit = 1024 ** power;
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`;
  }
  return `${bytes} B`;
}
