// The file directory: QEMU's docs/specs/fw_cfg, "File Directory (Key 0x0019)". Everything in it is big-endian.
import type { FwCfgDirectoryEntry, FwCfgFile, FwCfgFileOptions, FwCfgSource } from "./contract.ts";
import { FW_CFG_KEYS } from "./contract.ts";
import { fwCfgErrors } from "./errors.ts";
import { asSource, type Item } from "./item.ts";

/** How many files a PC's device has room for. */
export const FILE_SLOTS = 32;
/** With its NUL. */
const NAME_BYTES = 56;
const ENTRY_BYTES = 64;
const COUNT_BYTES = 4;

interface File {
  readonly name: string;
  readonly item: Item;
}

/** Files in the order of their names; a file's key is its place, so it moves when another is put before it. */
export class FileDirectory {
  readonly #files: File[] = [];

  add(name: string, contents: Uint8Array | FwCfgSource, options: FwCfgFileOptions): FwCfgFile {
    const bytes = Buffer.from(name);
    if (bytes.length >= NAME_BYTES) throw fwCfgErrors.FW_CFG_NAME_TOO_LONG(NAME_BYTES - 1);
    if (this.find(name) !== undefined) throw fwCfgErrors.FW_CFG_FILE_DUPLICATE(name);
    if (this.#files.length >= FILE_SLOTS) throw fwCfgErrors.FW_CFG_FILES_FULL(name, FILE_SLOTS);
    const item: Item = {
      source: asSource(contents),
      writable: options.writable === true,
      onSelect: options.onSelect?.bind(options),
      onWrite: options.onWrite?.bind(options),
    };
    const file: File = { name, item };
    const before = this.#files.findIndex((other) => Buffer.compare(Buffer.from(other.name), bytes) > 0);
    this.#files.splice(before === -1 ? this.#files.length : before, 0, file);
    return this.#handle(file);
  }

  find(name: string): FwCfgFile | undefined {
    const file = this.#files.find((candidate) => candidate.name === name);
    return file && this.#handle(file);
  }

  at(key: number): File | undefined {
    return this.#files[key - FW_CFG_KEYS.firstFile];
  }

  entries(): FwCfgDirectoryEntry[] {
    return this.#files.map(({ name, item }, index) => ({
      name,
      key: FW_CFG_KEYS.firstFile + index,
      size: item.source.length,
    }));
  }

  /** The directory as the guest reads it: always as long as if every slot were taken. */
  readonly item: Item = {
    source: {
      length: COUNT_BYTES + FILE_SLOTS * ENTRY_BYTES,
      read: (offset, into) => into.set(this.#encode().subarray(offset, offset + into.length)),
    },
    writable: false,
    onSelect: undefined,
    onWrite: undefined,
  };

  #encode(): Buffer {
    const bytes = Buffer.alloc(COUNT_BYTES + FILE_SLOTS * ENTRY_BYTES);
    bytes.writeUInt32BE(this.#files.length, 0);
    for (const [index, { name, key, size }] of this.entries().entries()) {
      const at = COUNT_BYTES + index * ENTRY_BYTES;
      bytes.writeUInt32BE(size, at);
      bytes.writeUInt16BE(key, at + 4);
      bytes.write(name, at + 8);
    }
    return bytes;
  }

  #handle(file: File): FwCfgFile {
    const files = this.#files;
    return {
      name: file.name,
      get key() {
        return FW_CFG_KEYS.firstFile + files.indexOf(file);
      },
      get size() {
        return file.item.source.length;
      },
      update(contents) {
        file.item.source = asSource(contents);
      },
    };
  }
}
