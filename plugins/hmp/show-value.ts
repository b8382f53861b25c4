import type { DisplayFormat } from "./arguments.ts";

/** Columns of the largest value of a size, as `x` lines them up. */
export function columnsOf(format: DisplayFormat["format"], size: number): number {
  switch (format) {
    case "o":
      return Math.ceil((size * 8) / 3);
    case "u":
    case "d":
      return Math.ceil((size * 80) / 33);
    case "x":
    case "c":
    case "i":
      return size * 2;
  }
}

/** A value of a dump: filled up to its columns. */
export function paddedValue(format: DisplayFormat["format"], value: bigint, columns: number): string {
  switch (format) {
    case "o":
      return octal(value).padStart(columns);
    case "u":
      return value.toString().padStart(columns);
    case "d":
      // Only values of the whole width have a sign.
      return BigInt.asIntN(64, value).toString().padStart(columns);
    case "c":
      return character(value);
    case "x":
    case "i":
      return `0x${value.toString(16).padStart(columns, "0")}`;
  }
}

/** A value on its own. */
export function shownValue(format: DisplayFormat["format"], signed: bigint): string {
  const value = BigInt.asUintN(64, signed);
  switch (format) {
    case "o":
      return octal(value);
    case "x":
      return value === 0n ? "0" : `0x${value.toString(16)}`;
    case "u":
      return value.toString();
    case "c":
      return character(BigInt.asUintN(32, value));
    case "d":
    case "i":
      return BigInt.asIntN(64, value).toString();
  }
}

const octal = (value: bigint): string => (value === 0n ? "0" : `0${value.toString(8)}`);

const NAMED: { readonly [code: number]: string } = { 0x27: "\\'", 0x5c: "\\\\", 0x0a: "\\n", 0x0d: "\\r" };

function character(value: bigint): string {
  const code = Number(value);
  const named = NAMED[code];
  if (named !== undefined) return `'${named}'`;
  return code >= 0x20 && code <= 0x7e ? `'${String.fromCharCode(code)}'` : `'\\x${code.toString(16).padStart(2, "0")}'`;
}
