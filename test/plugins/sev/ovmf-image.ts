// A firmware image as OVMF ends: reset vector, table of GUIDs, and in front of it the pages that an SNP guest wants.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { guidBytes, OVMF_GUID, type OvmfSection } from "../../../plugins/sev/ovmf-table.ts";

const SIZE = 64 * 1024;
const BEHIND_TABLE = 32;

export interface ImageParts {
  /** Where processors start whose registers are encrypted. */
  readonly reset?: number;
  readonly secret?: number;
  readonly sections?: readonly OvmfSection[];
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function entry(guid: string, data: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(data.length + 18);
  return Buffer.concat([data, length, guidBytes(guid)]);
}

export function ovmfImage({ reset, secret, sections }: ImageParts): Buffer {
  const image = Buffer.alloc(SIZE, 0x5a);
  const metadataAt = 0x8000;
  const entries: Buffer[] = [];
  if (sections !== undefined) {
    const table = Buffer.concat(sections.flatMap(({ base, length, type }) => [word(base), word(length), word(type)]));
    const header = [Buffer.from("ASEV"), word(16 + table.length), word(1), word(sections.length)];
    Buffer.concat([...header, table]).copy(image, metadataAt);
    entries.push(entry(OVMF_GUID.sevMetadata, word(SIZE - metadataAt)));
  }
  if (secret !== undefined) entries.push(entry(OVMF_GUID.secret, Buffer.concat([word(secret), word(0xc00)])));
  if (reset !== undefined) entries.push(entry(OVMF_GUID.sevInfo, word(reset)));
  const body = Buffer.concat(entries);
  // The footer counts itself.
  const footer = entry(OVMF_GUID.footer, Buffer.alloc(0));
  footer.writeUInt16LE(body.length + 18, 0);
  Buffer.concat([body, footer]).copy(image, SIZE - BEHIND_TABLE - body.length - footer.length);
  return image;
}

/** Runs with the file's path; the file is gone afterwards. */
export function withFile<T>(contents: string | Uint8Array, use: (file: string) => Promise<T>): Promise<T> {
  return withMade((file) => writeFileSync(file, contents), use);
}

/** What somebody can name who should name a file. */
const ODD_FILES: { readonly [what: string]: (file: string) => void } = {
  "a pipe": (file) => void execFileSync("mkfifo", [file]),
  "a device without end": (file) => symlinkSync("/dev/zero", file),
  "a folder": (file) => mkdirSync(file),
  "a file that is too long": (file) => {
    writeFileSync(file, "");
    // No block of it is written.
    truncateSync(file, 2 ** 40);
  },
};

export function withOddFile<T>(what: string, use: (file: string) => Promise<T>): Promise<T> {
  return withMade((file) => ODD_FILES[what]?.(file), use);
}

async function withMade<T>(make: (file: string) => void, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "backplane-sev-"));
  const file = path.join(folder, "file");
  try {
    make(file);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
