/** Reads the skeleton of a migration stream: which sections come in which order, and the description at its end. */

const MAGIC = 0x5145564d;
const EOF = 0x00;
const START = 0x01;
const PART = 0x02;
const END = 0x03;
const FULL = 0x04;
const VMDESCRIPTION = 0x06;
const CONFIGURATION = 0x07;
const COMMAND = 0x08;
const FOOTER = 0x7e;

const kinds: Readonly<Record<number, "start" | "part" | "end" | "full">> = {
  [START]: "start",
  [PART]: "part",
  [END]: "end",
  [FULL]: "full",
};

/** A message from source to destination between sections; it has no footer. */
export interface StreamCommand {
  readonly kind: "command";
  readonly command: number;
  readonly offset: number;
  readonly length: number;
}

export interface StreamSection {
  readonly kind: "start" | "part" | "end" | "full";
  readonly id: number;
  /** Only where the stream names the section: start and full. */
  readonly name?: string;
  readonly instance?: number;
  readonly version?: number;
  /** Where the section's type byte is, and how many bytes of contents come before the footer. */
  readonly offset: number;
  readonly length: number;
}

export interface StreamSkeleton {
  readonly version: number;
  readonly machine: string;
  readonly configurationLength: number;
  readonly sections: readonly (StreamSection | StreamCommand)[];
  /** The JSON text at the end, exactly as it stands there. */
  readonly description: string;
  readonly size: number;
}

/** The next place at which section `id` is closed by its footer, followed by a byte that can begin a section. */
function findFooter(stream: Buffer, id: number, from: number): number {
  const footer = Buffer.from([FOOTER, 0, 0, 0, 0]);
  footer.writeUInt32BE(id, 1);
  for (let at = stream.indexOf(footer, from); at !== -1; at = stream.indexOf(footer, at + 1)) {
    const next = stream[at + footer.length];
    if (next === EOF || next === COMMAND || (next !== undefined && next in kinds)) return at;
  }
  throw new Error(`migration stream: section ${id} has no footer`);
}

/** Looking for footers could run over a section; then one that was started would never end. */
function requireComplete(sections: readonly (StreamSection | StreamCommand)[]): void {
  for (const section of sections) {
    if (section.kind !== "start") continue;
    const ended = sections.some((other) => other.kind === "end" && other.id === section.id);
    if (!ended) throw new Error(`migration stream: section ${section.id} never ends`);
  }
}

/**
 * Contents are skipped by looking for the footer, which is unambiguous in the small, mostly empty machines that are
 * captured here; a general reader has to know every device.
 */
export function readSkeleton(stream: Buffer): StreamSkeleton {
  if (stream.readUInt32BE(0) !== MAGIC) throw new Error("migration stream: wrong magic");
  const version = stream.readUInt32BE(4);
  if (stream[8] !== CONFIGURATION) throw new Error("migration stream: no configuration section");
  const nameLength = stream.readUInt32BE(9);
  const machine = stream.toString("latin1", 13, 13 + nameLength);
  let at = 13 + nameLength;
  // Sub-sections of the configuration are not captured machines' business, and none has any.
  const configurationLength = at - 8;
  const sections: (StreamSection | StreamCommand)[] = [];
  while (stream[at] !== EOF) {
    const offset = at;
    const type = stream[at];
    if (type === COMMAND) {
      const length = stream.readUInt16BE(at + 3);
      sections.push({ kind: "command", command: stream.readUInt16BE(at + 1), offset, length });
      at += 5 + length;
      continue;
    }
    const kind = type === undefined ? undefined : kinds[type];
    if (kind === undefined) throw new Error(`migration stream: unknown section type ${String(type)} at ${at}`);
    const id = stream.readUInt32BE(at + 1);
    at += 5;
    let named = {};
    if (kind === "start" || kind === "full") {
      const length = stream.readUInt8(at);
      const name = stream.toString("latin1", at + 1, at + 1 + length);
      at += 1 + length;
      named = { name, instance: stream.readUInt32BE(at), version: stream.readUInt32BE(at + 4) };
      at += 8;
    }
    const footer = findFooter(stream, id, at);
    sections.push({ kind, id, ...named, offset, length: footer - at });
    at = footer + 5;
  }
  at += 1;
  if (stream[at] !== VMDESCRIPTION) throw new Error(`migration stream: no description at ${at}`);
  const length = stream.readUInt32BE(at + 1);
  if (at + 5 + length !== stream.length) throw new Error("migration stream: bytes behind the description");
  requireComplete(sections);
  const description = stream.toString("utf8", at + 5, at + 5 + length);
  return { version, machine, configurationLength, sections, description, size: stream.length };
}
