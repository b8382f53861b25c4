// The guest's side of the firmware configuration device: QEMU's docs/specs/fw_cfg.
import { readU64, text, view } from "./bytes.ts";
import type { Platform } from "./platform.ts";

export const ITEM = {
  signature: 0x00,
  id: 0x01,
  nographic: 0x04,
  nbCpus: 0x05,
  numa: 0x0d,
  bootMenu: 0x0e,
  maxCpus: 0x0f,
  directory: 0x19,
  acpiTables: 0x8000,
  smbiosEntries: 0x8001,
  irq0Override: 0x8002,
} as const;

const PORT = { selector: 0x510, data: 0x511, dmaHigh: 0x514, dmaLow: 0x518 } as const;
const CONTROL = { error: 1, read: 2, skip: 4, select: 8, write: 16 } as const;
const DMA_FEATURE = 2;
/** Low memory that SeaBIOS uses as its stack: the request, and behind it room for small items. */
const REQUEST = 0x6f00;
const REQUEST_BYTES = 16;
const BUFFER = 0x6f10;
const BUFFER_BYTES = 0x80;
const ENTRY_BYTES = 64;
const NAME_BYTES = 56;
/** A directory beyond this is nonsense: keys are below 0x4000. */
const MAX_FILES = 0x4000;

/** A file as the directory described it when it was read. The device's idea of its size may have changed since. */
export interface CachedFile {
  readonly name: string;
  readonly key: number;
  readonly size: number;
}

export class FwCfgClient {
  readonly #platform: Platform;
  readonly #selected: (key: number, name: string) => void;
  #dma = false;
  #files = new Map<string, CachedFile>();

  constructor(platform: Platform, selected: (key: number, name: string) => void) {
    this.#platform = platform;
    this.#selected = selected;
  }

  /** Looks for the device, and at what it can do. False when nothing answers. */
  detect(): boolean {
    this.#select(ITEM.signature);
    if (text(this.#readPort(4), 0, 4) !== "QEMU") return false;
    this.#select(ITEM.id);
    this.#dma = (view(this.#readPort(4)).readUInt32LE(0) & DMA_FEATURE) !== 0;
    return true;
  }

  /** Can write files back; without DMA no firmware can. */
  get canWrite(): boolean {
    return this.#dma;
  }

  get fileCount(): number {
    return this.#files.size;
  }

  file(name: string): CachedFile | undefined {
    return this.#files.get(name);
  }

  /** Selects an item and reads it from its start. */
  readItem(key: number, length: number, name?: string): Uint8Array {
    return this.#transferSmall(length, CONTROL.read | CONTROL.select, key, name);
  }

  /** Reads on in the selected item. */
  readMore(length: number): Uint8Array {
    return this.#transferSmall(length, CONTROL.read, 0);
  }

  skip(length: number): void {
    if (this.#dma) this.#transfer(0, length, CONTROL.skip, 0);
    else this.#readPort(Math.min(length, 0x10000));
  }

  /** The cached files whose names begin so. */
  filesBelow(prefix: string): readonly CachedFile[] {
    return [...this.#files.values()].filter(({ name }) => name.startsWith(prefix));
  }

  /** Reads the directory and keeps it, up to the file asked for where one is. Sizes are those of this moment. */
  readDirectory(upTo?: string): CachedFile | undefined {
    const count = Math.min(view(this.readItem(ITEM.directory, 4)).readUInt32BE(0), MAX_FILES);
    const files = new Map<string, CachedFile>();
    for (let index = 0; index < count; index++) {
      const entry = view(this.readMore(ENTRY_BYTES));
      const nameEnd = entry.indexOf(0, ENTRY_BYTES - NAME_BYTES);
      const name = entry.toString("latin1", ENTRY_BYTES - NAME_BYTES, nameEnd < 0 ? ENTRY_BYTES : nameEnd);
      const file = { name, key: entry.readUInt16BE(4), size: entry.readUInt32BE(0) };
      if (name === upTo) return file;
      if (!files.has(name)) files.set(name, file);
    }
    if (upTo === undefined) this.#files = files;
    return undefined;
  }

  /** Copies a file to guest memory, as many bytes as the directory said. False when the device refused. */
  load(file: CachedFile, address: number): boolean {
    if (this.#dma) return this.#transfer(address, file.size, CONTROL.read | CONTROL.select, file.key, file.name);
    this.#select(file.key, file.name);
    this.#platform.write(address, this.#readPort(file.size));
    return true;
  }

  /** A file that holds a number; undefined where there is no such file, or it is too long for one. */
  readNumber(name: string): number | undefined {
    const file = this.file(name);
    if (file === undefined || file.size === 0 || file.size > 8) return undefined;
    const bytes = this.#transferSmall(file.size, CONTROL.read | CONTROL.select, file.key, name);
    return readU64(Buffer.concat([bytes, new Uint8Array(8 - file.size)]));
  }

  /** A file as bytes, at most `limit` of them. */
  readFile(file: CachedFile, limit: number): Uint8Array {
    const length = Math.min(file.size, limit);
    return this.#transferSmall(length, CONTROL.read | CONTROL.select, file.key, file.name);
  }

  /** Writes into a file. False when the device refused. */
  write(file: CachedFile, offset: number, bytes: Uint8Array): boolean {
    if (!this.#dma || bytes.length > BUFFER_BYTES) return false;
    if (offset > 0) this.#transfer(0, offset, CONTROL.skip | CONTROL.select, file.key, file.name);
    this.#platform.write(BUFFER, bytes);
    const select = offset > 0 ? 0 : CONTROL.select;
    return this.#transfer(BUFFER, bytes.length, CONTROL.write | select, file.key, file.name);
  }

  /** Through the room below 0x7000, piece by piece. */
  #transferSmall(length: number, control: number, key: number, name?: string): Uint8Array {
    if (!this.#dma) {
      if ((control & CONTROL.select) !== 0) this.#select(key, name);
      return this.#readPort(length);
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += BUFFER_BYTES) {
      const size = Math.min(BUFFER_BYTES, length - at);
      const first = at === 0 ? control : control & ~CONTROL.select;
      if (!this.#transfer(BUFFER, size, first, key, name)) break;
      bytes.set(this.#platform.read(BUFFER, size), at);
    }
    return bytes;
  }

  #transfer(address: number, length: number, control: number, key: number, name?: string): boolean {
    const request = Buffer.alloc(REQUEST_BYTES);
    request.writeUInt16BE(key, 0);
    request.writeUInt16BE(control, 2);
    request.writeUInt32BE(length >>> 0, 4);
    request.writeBigUInt64BE(BigInt(address), 8);
    this.#platform.write(REQUEST, request);
    if ((control & CONTROL.select) !== 0) this.#announce(key, name);
    this.#platform.out(PORT.dmaLow, Buffer.from(Uint32Array.of(REQUEST).buffer).readUInt32BE(0), 4);
    return (view(this.#platform.read(REQUEST, 4)).readUInt32BE(0) & CONTROL.error) === 0;
  }

  #select(key: number, name?: string): void {
    this.#announce(key, name);
    this.#platform.out(PORT.selector, key, 2);
  }

  #readPort(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.#platform.in(PORT.data, 1);
    return bytes;
  }

  #announce(key: number, name = itemName(key)): void {
    this.#selected(key, name);
  }
}

function itemName(key: number): string {
  switch (key) {
    case ITEM.signature:
      return "signature";
    case ITEM.id:
      return "id";
    case ITEM.nographic:
      return "nographic";
    case ITEM.nbCpus:
      return "nb_cpus";
    case ITEM.numa:
      return "numa";
    case ITEM.bootMenu:
      return "boot_menu";
    case ITEM.maxCpus:
      return "max_cpus";
    case ITEM.directory:
      return "file_dir";
    case ITEM.acpiTables:
      return "acpi_tables";
    case ITEM.smbiosEntries:
      return "smbios_entries";
    case ITEM.irq0Override:
      return "irq0_override";
    default:
      return `0x${key.toString(16)}`;
  }
}
