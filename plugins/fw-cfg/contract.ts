/** What other plugins put into the firmware's configuration device, and how the device behaves towards them. */
import { token, type Disposable } from "backplane";

/**
 * Keys with a fixed meaning (QEMU firmware configuration specification, docs/specs/fw_cfg). `archLocal` keys are those
 * of the PC machines.
 */
export const FW_CFG_KEYS = {
  signature: 0x00,
  id: 0x01,
  uuid: 0x02,
  ramSize: 0x03,
  nographic: 0x04,
  nbCpus: 0x05,
  machineId: 0x06,
  numa: 0x0d,
  bootMenu: 0x0e,
  maxCpus: 0x0f,
  directory: 0x19,
  firstFile: 0x20,
  acpiTables: 0x8000,
  smbiosEntries: 0x8001,
  irq0Override: 0x8002,
  e820: 0x8003,
  hpet: 0x8004,
} as const;

/** Where the ports are, for the firmware and for the ACPI device FWCF. `length` includes the DMA register. */
export const FW_CFG_IO = { base: 0x510, length: 12 } as const;

/**
 * The bytes behind a file: a plain array, or something that has them elsewhere (a RAM block). Read at the moment of the
 * guest's access, so changes of the contents need no notice; changes of the length do (`FwCfgFile.update`).
 */
export interface FwCfgSource {
  readonly length: number;
  read(offset: number, into: Uint8Array): void;
  /** Absent: the guest's writes are refused with the DMA error bit. */
  write?(offset: number, from: Uint8Array): void;
}

export interface FwCfgFileOptions {
  /** The guest may write the contents by DMA. For a plain array it is the array that changes. Default false. */
  readonly writable?: boolean;
  /** The guest is about to read from the start: called inside the select, before its first byte can be read. May call `update`. */
  onSelect?(): void;
  /** The guest wrote `length` bytes at `offset` (DMA); the contents have changed already. */
  onWrite?(offset: number, length: number): void;
}

/** A file in the directory. Its key is its place in the directory, so it moves when files are added. */
export interface FwCfgFile {
  readonly name: string;
  readonly key: number;
  readonly size: number;
  /** Replaces contents and with them the size that the directory shows. */
  update(contents: Uint8Array | FwCfgSource): void;
}

/** An entry of the directory. */
export interface FwCfgDirectoryEntry {
  readonly name: string;
  readonly key: number;
  readonly size: number;
}

/**
 * The firmware configuration device. Items under fixed keys and named files; files are sorted by name whenever one is
 * added. Add before machine-done has passed; `update` at any time.
 */
export interface FwCfg {
  addBytes(key: number, contents: Uint8Array): void;
  /** Little-endian, `size` bytes wide. */
  addNumber(key: number, value: number, size: 2 | 4 | 8): void;
  /** UTF-8 with a NUL behind. */
  addString(key: number, text: string): void;
  /** Replaces the number under a key that `addNumber` made, keeping its width. */
  modifyNumber(key: number, value: number): void;
  /** Throws `FW_CFG_FILE_DUPLICATE`, `FW_CFG_FILES_FULL`, `FW_CFG_NAME_TOO_LONG`. */
  addFile(name: string, contents: Uint8Array | FwCfgSource, options?: FwCfgFileOptions): FwCfgFile;
  file(name: string): FwCfgFile | undefined;
  directory(): readonly FwCfgDirectoryEntry[];
  /** Selects an item as the guest's write to the selector port does; select hooks run. */
  select(key: number): void;
  /** Reads from the selected item as the guest's data port does; zeros behind the end. */
  read(length: number): Uint8Array;
  /** Hears every select of the guest (after its hook has run), for timelines. */
  onSelect(listener: (key: number, name: string | undefined) => void): Disposable;
  /** Boot order entries (OpenFirmware paths) that devices contribute; the file `bootorder` is made of them at machine-done. */
  addBootDevice(device: FwCfgBootDevice): Disposable;
  /** What a migration carries of the device. */
  state: { readonly selected: number; readonly offset: number };
  /** `-uuid`; all zeros where none was given. */
  readonly uuid: Uint8Array;
}

/** `-boot order=` and `once=`: letters of drives, for the board that passes them on. */
export interface BootOrder {
  readonly order: string | undefined;
  readonly once: string | undefined;
}

export interface FwCfgBootDevice {
  /** Lower boots first. */
  readonly index: number;
  readonly path: string;
}

export const FW_CFG = token<FwCfg>("FW_CFG");
export const BOOT_ORDER = token<BootOrder>("BOOT_ORDER");
