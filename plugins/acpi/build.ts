// One whole build: the three fw_cfg files from which the firmware installs ACPI.
import { acpiErrors } from "./errors.ts";
import { type LoaderCommand, LOADER_FILE, RSDP_FILE, TABLES_FILE, encodeLoaderScript } from "./loader-script.ts";
import { type TablePlace, isListed } from "./places.ts";
import { buildRsdp } from "./rsdp.ts";
import { buildRsdt } from "./rsdt.ts";
import { CHECKSUM_OFFSET, type TableImage, type TableLink, signatureOf } from "./table.ts";
import type { AcpiBuildContext, PlacedTables } from "./tables.ts";
import { TableWriter } from "./table-writer.ts";

/** Paddings make a rebuild less likely to change a size; the maxima are what the RAM blocks reserve for growth. */
export const ACPI_FILES = {
  tables: { name: TABLES_FILE, multiple: 0x20000, maximum: 0x200000 },
  rsdp: { name: RSDP_FILE, multiple: 1, maximum: 0x1000 },
  loader: { name: LOADER_FILE, multiple: 0x1000, maximum: 0x10000 },
} as const;

/** The FACS wants 64 bytes (ACPI 6.5 §5.2.10), and it lies at the file's start. */
const TABLES_ALIGNMENT = 64;

export interface TableLocation {
  readonly place: TablePlace | "rsdt";
  readonly signature: string;
  readonly offset: number;
  readonly length: number;
}

export interface AcpiBlobs {
  readonly tables: Uint8Array;
  readonly rsdp: Uint8Array;
  readonly loader: Uint8Array;
  /** The tables in order; where they end, the padding of `tables` begins. */
  readonly layout: readonly TableLocation[];
  /** In order of execution; `loader` is their encoding. */
  readonly commands: readonly LoaderCommand[];
}

class Build {
  readonly layout: TableLocation[] = [];
  /** Newest first: an allocation precedes the commands of every earlier table as well as its own. */
  readonly #allocations: LoaderCommand[] = [];
  readonly #patches: LoaderCommand[] = [];
  readonly #tables = new TableWriter();
  /** Offsets that the loader adds an address to, written once all tables stand. */
  readonly #pointers: { readonly at: number; readonly size: number; readonly value: number }[] = [];

  get commands(): LoaderCommand[] {
    return [...this.#allocations, ...this.#patches];
  }

  add(command: LoaderCommand): void {
    if (command.kind !== "allocate") {
      this.#patches.push(command);
      return;
    }
    if (this.#allocations.some((earlier) => earlier.file === command.file)) {
      throw acpiErrors.ACPI_ALLOCATED_TWICE(command.file);
    }
    this.#allocations.unshift(command);
  }

  place(place: TablePlace | "rsdt", image: TableImage): number {
    const start = this.#tables.length;
    const { length } = image.bytes;
    const signature = signatureOf(image.bytes);
    this.#tables.bytes(image.bytes);
    this.layout.push({ place, signature, offset: start, length });
    for (const link of image.links ?? []) this.#link(signature, start, length, link);
    if (image.sealed !== true) {
      this.add({ kind: "add-checksum", file: TABLES_FILE, offset: start + CHECKSUM_OFFSET, start, length });
    }
    return start;
  }

  tablesFile(): Uint8Array {
    const bytes = this.#tables.finish();
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // An offset lies below 2 MiB, so wider pointers have nothing in their upper halves.
    for (const { at, size, value } of this.#pointers) view.writeUIntLE(value, at, Math.min(size, 4));
    return bytes;
  }

  #link(signature: string, start: number, length: number, link: TableLink): void {
    switch (link.kind) {
      case "allocate":
        this.add(link);
        break;
      case "write-pointer":
        this.#requireAllocated(signature, link.source);
        this.add(link);
        break;
      case "pointer": {
        const { at, size } = link;
        if (at + size > length) throw acpiErrors.ACPI_POINTER_OUTSIDE(signature, at, length);
        const target = this.#resolve(signature, link);
        this.#pointers.push({ at: start + at, size, value: target.offset });
        this.add({ kind: "add-pointer", file: TABLES_FILE, source: target.file, offset: start + at, size });
        break;
      }
    }
  }

  #resolve(signature: string, link: Extract<TableLink, { kind: "pointer" }>): { file: string; offset: number } {
    const { to } = link;
    if ("file" in to) {
      this.#requireAllocated(signature, to.file);
      return to;
    }
    const location = this.layout.find((candidate) => candidate.place === to.table);
    if (!location) throw acpiErrors.ACPI_POINTER_TARGET(signature, to.table.toUpperCase());
    return { file: TABLES_FILE, offset: location.offset };
  }

  #requireAllocated(signature: string, file: string): void {
    if (this.#allocations.some((allocation) => allocation.file === file)) return;
    throw acpiErrors.ACPI_FILE_UNALLOCATED(signature, file);
  }
}

function padded(bytes: Uint8Array, file: (typeof ACPI_FILES)[keyof typeof ACPI_FILES]): Uint8Array {
  const length = Math.ceil(bytes.length / file.multiple) * file.multiple;
  if (length > file.maximum) {
    throw acpiErrors.ACPI_FILE_FULL(file.name, length, file.maximum);
  }
  const contents = new Uint8Array(length);
  contents.set(bytes);
  return contents;
}

/**
 * Throws `ACPI_…` when the tables contradict each other or do not fit. Lays the tables out, lists them in an RSDT and writes the loader script. `parts` are in the order of
 * `AcpiTables.collect`.
 */
export function buildAcpi(context: AcpiBuildContext, parts: readonly PlacedTables[]): AcpiBlobs {
  const build = new Build();
  build.add({ kind: "allocate", file: TABLES_FILE, alignment: TABLES_ALIGNMENT, zone: "high" });
  const listed: number[] = [];
  for (const { place, images } of parts) {
    for (const image of images) {
      const offset = build.place(place, image);
      if (isListed(place)) listed.push(offset);
    }
  }
  const rsdtOffset = build.place("rsdt", buildRsdt(context.licensedOem, listed));
  const rsdp = buildRsdp(context.oem, rsdtOffset);
  for (const command of rsdp.commands) build.add(command);
  const { commands, layout } = build;
  return {
    tables: padded(build.tablesFile(), ACPI_FILES.tables),
    rsdp: padded(rsdp.bytes, ACPI_FILES.rsdp),
    loader: padded(encodeLoaderScript(commands), ACPI_FILES.loader),
    layout,
    commands,
  };
}
