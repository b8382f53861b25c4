// The script by which the firmware links ACPI tables: docs/specs of the table loader interface that SeaBIOS and OVMF
// execute (SeaBIOS src/fw/romfile_loader.h). Every command has 128 bytes: a 32-bit code, then names of 56 bytes.
import { TableWriter } from "./table-writer.ts";

export const LOADER_FILE = "etc/table-loader";
export const TABLES_FILE = "etc/acpi/tables";
export const RSDP_FILE = "etc/acpi/rsdp";

export const COMMAND_LENGTH = 128;
const NAME_LENGTH = 56;

export type PointerSize = 1 | 2 | 4 | 8;
/** `fseg` is the area below 1 MiB where an operating system searches for the RSDP. */
export type AllocationZone = "high" | "fseg";

export type LoaderCommand =
  | {
      /** Load the file into memory of its own. Comes before every other command that names the file. */
      readonly kind: "allocate";
      readonly file: string;
      /** A power of two. */
      readonly alignment: number;
      readonly zone: AllocationZone;
    }
  | {
      /** Add the address of `source` to the integer in `file`, which holds an offset into `source`. */
      readonly kind: "add-pointer";
      readonly file: string;
      readonly source: string;
      readonly offset: number;
      readonly size: PointerSize;
    }
  | {
      /** Subtract the bytes of a range of `file` from the byte at `offset`. */
      readonly kind: "add-checksum";
      readonly file: string;
      readonly offset: number;
      readonly start: number;
      readonly length: number;
    }
  | {
      /** Write the address of `source` + `sourceOffset` back into the fw_cfg file `file`. */
      readonly kind: "write-pointer";
      readonly file: string;
      readonly source: string;
      readonly offset: number;
      readonly sourceOffset: number;
      readonly size: PointerSize;
    };

/** What stands in a script that was read: firmware skips what it cannot use and goes on. */
export type LoaderEntry =
  | LoaderCommand
  | { readonly kind: "malformed"; readonly code: number; readonly reason: string };

const CODES = {
  allocate: 1,
  "add-pointer": 2,
  "add-checksum": 3,
  "write-pointer": 4,
} as const satisfies Record<LoaderCommand["kind"], number>;
const ZONES = { high: 1, fseg: 2 } as const satisfies Record<AllocationZone, number>;

function writeName(writer: TableWriter, name: string): TableWriter {
  // One byte stays for the NUL that ends the name.
  if (Buffer.byteLength(name) >= NAME_LENGTH)
    throw new RangeError(`the file name ${name} is too long for a loader command`);
  return writer.text(name, NAME_LENGTH);
}

/** The 128 bytes of one command. */
export function encodeLoaderCommand(command: LoaderCommand): Uint8Array {
  const writer = new TableWriter().u32(CODES[command.kind]);
  writeName(writer, command.file);
  switch (command.kind) {
    case "allocate":
      writer.u32(command.alignment).u8(ZONES[command.zone]);
      break;
    case "add-pointer":
      writeName(writer, command.source).u32(command.offset).u8(command.size);
      break;
    case "add-checksum":
      writer.u32(command.offset).u32(command.start).u32(command.length);
      break;
    case "write-pointer":
      writeName(writer, command.source).u32(command.offset).u32(command.sourceOffset).u8(command.size);
      break;
  }
  return writer.zeros(COMMAND_LENGTH - writer.length).finish();
}

/** Commands in order of execution, without padding. */
export function encodeLoaderScript(commands: readonly LoaderCommand[]): Uint8Array {
  const writer = new TableWriter();
  for (const command of commands) writer.bytes(encodeLoaderCommand(command));
  return writer.finish();
}

class CommandReader {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(offset: number): number {
    return this.#bytes.readUInt32LE(offset);
  }

  name(offset: number): string {
    const field = this.#bytes.subarray(offset, offset + NAME_LENGTH);
    const end = field.indexOf(0);
    if (end === -1) throw new MalformedCommand("a file name does not end");
    return field.toString("utf8", 0, end);
  }

  pointerSize(offset: number): PointerSize {
    const size = this.#bytes.readUInt8(offset);
    if (size === 1 || size === 2 || size === 4 || size === 8) return size;
    throw new MalformedCommand(`a pointer of ${size} bytes`);
  }

  zone(offset: number): AllocationZone {
    const zone = this.#bytes.readUInt8(offset);
    if (zone === ZONES.high) return "high";
    if (zone === ZONES.fseg) return "fseg";
    throw new MalformedCommand(`the unknown zone ${zone}`);
  }

  alignment(offset: number): number {
    const alignment = this.u32(offset);
    // Zero passes the firmware's test for a power of two, and asks for no alignment.
    if ((alignment & (alignment - 1)) === 0) return alignment;
    throw new MalformedCommand(`the alignment ${alignment} is no power of two`);
  }
}

class MalformedCommand extends Error {}

const FIRST_NAME = 4;
const SECOND_NAME = FIRST_NAME + NAME_LENGTH;
const AFTER_SECOND_NAME = SECOND_NAME + NAME_LENGTH;

function decodeKnown(code: number, entry: CommandReader): LoaderCommand {
  const file = entry.name(FIRST_NAME);
  switch (code) {
    case CODES.allocate:
      return { kind: "allocate", file, alignment: entry.alignment(SECOND_NAME), zone: entry.zone(SECOND_NAME + 4) };
    case CODES["add-pointer"]: {
      const offset = entry.u32(AFTER_SECOND_NAME);
      return {
        kind: "add-pointer",
        file,
        source: entry.name(SECOND_NAME),
        offset,
        size: entry.pointerSize(AFTER_SECOND_NAME + 4),
      };
    }
    case CODES["add-checksum"]: {
      const [offset, start, length] = [entry.u32(SECOND_NAME), entry.u32(SECOND_NAME + 4), entry.u32(SECOND_NAME + 8)];
      return { kind: "add-checksum", file, offset, start, length };
    }
    case CODES["write-pointer"]: {
      const source = entry.name(SECOND_NAME);
      const [offset, sourceOffset] = [entry.u32(AFTER_SECOND_NAME), entry.u32(AFTER_SECOND_NAME + 4)];
      return {
        kind: "write-pointer",
        file,
        source,
        offset,
        sourceOffset,
        size: entry.pointerSize(AFTER_SECOND_NAME + 8),
      };
    }
    default:
      throw new MalformedCommand(`the unknown command ${code}`);
  }
}

/**
 * Reads a script. Padding (code 0) yields nothing; a command that cannot be carried out yields a `malformed` entry in
 * its place, never an exception, and bytes after the last whole command are ignored: the firmware does the same.
 */
export function decodeLoaderScript(script: Uint8Array): LoaderEntry[] {
  const entries: LoaderEntry[] = [];
  for (let at = 0; at + COMMAND_LENGTH <= script.length; at += COMMAND_LENGTH) {
    const reader = new CommandReader(script.subarray(at, at + COMMAND_LENGTH));
    const code = reader.u32(0);
    if (code === 0) continue;
    try {
      entries.push(decodeKnown(code, reader));
    } catch (error) {
      if (!(error instanceof MalformedCommand)) throw error;
      entries.push({ kind: "malformed", code, reason: error.message });
    }
  }
  return entries;
}
