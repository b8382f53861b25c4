import type { MacAddress } from "./contract.ts";

const TEXT = /^([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})[:-]([0-9a-f]{2})$/i;

/** `52:54:00:12:34:56`, with colons or dashes; undefined for anything else. */
export function parseMac(text: string): MacAddress | undefined {
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  const byte = (index: number): number => Number.parseInt(match[index] ?? "", 16);
  return [byte(1), byte(2), byte(3), byte(4), byte(5), byte(6)];
}

export function macText(address: Iterable<number>): string {
  return Array.from(address, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
