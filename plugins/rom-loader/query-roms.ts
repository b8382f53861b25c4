import { q, type Command } from "backplane";
import type { RomEntry, RomLoader } from "./contract.ts";

/** The ROM list as text. */
export function queryRoms(roms: RomLoader): Command {
  return {
    name: "x-query-roms",
    summary: "The ROMs and the files that firmware reads, as text",
    arguments: q.none,
    result: q.struct("HumanReadableText", { "human-readable-text": q.str }),
    unstable: true,
    run: () => ({ "human-readable-text": roms.list().map(line).join("") }),
  };
}

function line({ name, kind, address, size }: RomEntry): string {
  const digits = `0x${size.toString(16).padStart(6, "0")}`;
  switch (kind) {
    case "fw":
      return `fw=genroms/${name} size=${digits} name="${name}"\n`;
    case "block":
      return `/rom@${name} size=${digits} name="${name}"\n`;
    case "address":
      return `addr=${(address ?? 0).toString(16).padStart(16, "0")} size=${digits} mem=rom name="${name}"\n`;
  }
}
