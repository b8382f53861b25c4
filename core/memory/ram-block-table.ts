import { hex } from "./address.ts";
import type { RAMBlock } from "./ram-block.ts";

/** The table that `x-query-ramblock` and `info ramblock` print, to the byte of the peer's but for the HVA column. */
export function formatRAMBlockTable(blocks: readonly RAMBlock[]): string {
  const lines = [row("Block Name", "PSize", ["Offset", "Used", "Total", "HVA"], "RO")];
  for (const block of blocks) {
    const places = [block.offset, block.usedLength, block.maxLength, block.hostAddress].map((place) => hex(place, 16));
    lines.push(row(block.idstr, formatSize(block.pageSize), places, block.region.readonly ? "ro" : "rw"));
  }
  return lines.join("");
}

function row(name: string, pageSize: string, places: readonly string[], access: string): string {
  const columns = places.map((place) => place.padStart(18)).join(" ");
  return `${name.padStart(24)} ${pageSize.padStart(8)}  ${columns} ${access.padStart(3)}\n`;
}

const UNITS = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** A size with three significant digits in the unit below 1000, as the peer prints page sizes: `4 KiB`, `2 MiB`, `1 GiB`. */
function formatSize(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // The next unit is taken from 1000 on, though it is worth 1024.
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${UNITS[unit] ?? ""}B`;
}
