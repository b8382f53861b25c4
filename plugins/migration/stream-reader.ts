import { ByteReader } from "./byte-reader.ts";
import { decodeState, type DecodedState } from "./stream-device.ts";
import { findDescription, type DeviceLayout } from "./stream-description.ts";
import { migrationErrors } from "./errors.ts";
import { PART, STREAM_MAGIC, STREAM_VERSION } from "./stream-format.ts";
import { RamContents } from "./stream-ram.ts";

/** One part of a stream, in its order. Offsets and lengths are in bytes, without heads and footers. */
export type StreamPart =
  | {
      readonly kind: "start" | "part" | "end" | "full";
      readonly id: number;
      readonly idstr: string;
      readonly instanceId: number;
      readonly version: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: "command"; readonly command: number; readonly offset: number; readonly length: number };

export interface DecodedDevice {
  readonly idstr: string;
  readonly instanceId: number;
  readonly version: number;
  readonly state: DecodedState;
}

/** A migration stream, taken apart. */
export interface MigrationStream {
  readonly version: number;
  /** The machine type that it came from. */
  readonly machine: string;
  readonly parts: readonly StreamPart[];
  /** Undefined where the stream carries no RAM. */
  readonly ram: RamContents | undefined;
  readonly devices: readonly DecodedDevice[];
  /** The JSON at the end, as it stands there. */
  readonly description: string;
}

interface Section {
  readonly id: number;
  readonly idstr: string;
  readonly instanceId: number;
  readonly version: number;
}

/**
 * Reads a whole stream of version 3. It is taken for what an unknown source has sent: every length is checked, and an
 * error says at which offset the stream is not what it should be.
 */
export function readStream(bytes: Uint8Array): MigrationStream {
  const input = new ByteReader(bytes);
  const magic = input.u32();
  if (magic !== STREAM_MAGIC) throw migrationErrors.STREAM_MALFORMED(0, "this is no migration stream");
  const version = input.u32();
  if (version !== STREAM_VERSION) throw migrationErrors.STREAM_MALFORMED(4, `version ${version} is not supported`);
  const { text, layouts } = findDescription(bytes);
  return new StreamReader(input, layouts).read(version, text);
}

class StreamReader {
  readonly #input: ByteReader;
  readonly #layouts: readonly DeviceLayout[];
  readonly #sections = new Map<number, Section>();
  readonly #parts: StreamPart[] = [];
  readonly #devices: DecodedDevice[] = [];
  #machine = "";
  #ram: RamContents | undefined;

  constructor(input: ByteReader, layouts: readonly DeviceLayout[]) {
    this.#input = input;
    this.#layouts = layouts;
  }

  read(version: number, description: string): MigrationStream {
    while (this.#readPart());
    const input = this.#input;
    const at = input.offset;
    if (input.u8() !== PART.vmdescription)
      throw migrationErrors.STREAM_MALFORMED(at, "the description should begin here");
    input.bytes(input.u32());
    if (input.rest > 0) throw migrationErrors.STREAM_MALFORMED(input.offset, `${input.rest} bytes follow the end`);
    this.#requireEnded(at);
    return {
      version,
      machine: this.#machine,
      parts: this.#parts,
      ram: this.#ram,
      devices: this.#devices,
      description,
    };
  }

  /** False at the end mark. */
  #readPart(): boolean {
    const input = this.#input;
    const at = input.offset;
    const type = input.u8();
    switch (type) {
      case PART.eof:
        return false;
      case PART.configuration:
        this.#machine = input.text(input.u32());
        if (input.peek() === PART.subsection) {
          throw migrationErrors.STREAM_MALFORMED(input.offset, "subsections of the configuration are not supported");
        }
        return true;
      case PART.command:
        this.#readCommand(at);
        return true;
      case PART.sectionStart:
        this.#readLive("start", at, this.#readHead(at));
        return true;
      case PART.sectionFull:
        this.#readDevice(at, this.#readHead(at));
        return true;
      case PART.sectionPart:
        this.#readLive("part", at, this.#known(at));
        return true;
      case PART.sectionEnd:
        this.#readLive("end", at, this.#known(at));
        return true;
      default:
        throw migrationErrors.STREAM_MALFORMED(at, `no part of a stream begins with the byte ${type}`);
    }
  }

  #readCommand(at: number): void {
    const input = this.#input;
    const command = input.u16();
    const length = input.u16();
    input.bytes(length);
    this.#parts.push({ kind: "command", command, offset: at, length });
  }

  #readHead(at: number): Section {
    const input = this.#input;
    const id = input.u32();
    const idstr = input.text(input.u8());
    const section = { id, idstr, instanceId: input.u32(), version: input.u32() };
    if (this.#sections.has(id)) throw migrationErrors.STREAM_MALFORMED(at, `section ${id} begins a second time`);
    this.#sections.set(id, section);
    return section;
  }

  #known(at: number): Section {
    const id = this.#input.u32();
    const section = this.#sections.get(id);
    if (section === undefined) throw migrationErrors.STREAM_MALFORMED(at, `section ${id} has not begun`);
    return section;
  }

  #readLive(kind: "start" | "part" | "end", at: number, section: Section): void {
    if (section.idstr !== "ram") {
      throw migrationErrors.STREAM_MALFORMED(at, `the contents of section '${section.idstr}' are not described`);
    }
    this.#ram ??= new RamContents();
    const from = this.#input.offset;
    this.#ram.read(this.#input);
    this.#finish(kind, at, from, section);
  }

  #readDevice(at: number, section: Section): void {
    const from = this.#input.offset;
    const { idstr, instanceId, version } = section;
    const layout = this.#layouts.find((known) => known.name === idstr && known.instanceId === instanceId);
    if (layout === undefined) {
      throw migrationErrors.STREAM_MALFORMED(at, `'${idstr}' (instance ${instanceId}) is not in the description`);
    }
    this.#devices.push({ idstr, instanceId, version, state: decodeState(this.#input, layout.state) });
    this.#finish("full", at, from, section);
  }

  #finish(kind: "start" | "part" | "end" | "full", at: number, from: number, section: Section): void {
    const input = this.#input;
    const end = input.offset;
    if (input.u8() !== PART.footer || input.u32() !== section.id) {
      throw migrationErrors.STREAM_MALFORMED(
        end,
        `the footer of section ${section.id} ('${section.idstr}') should be here`,
      );
    }
    this.#parts.push({ kind, ...section, offset: at, length: end - from });
  }

  #requireEnded(at: number): void {
    for (const part of this.#parts) {
      if (part.kind !== "start") continue;
      const ended = this.#parts.some((other) => other.kind === "end" && other.id === part.id);
      if (!ended) throw migrationErrors.STREAM_MALFORMED(at, `section '${part.idstr}' does not end`);
    }
  }
}
