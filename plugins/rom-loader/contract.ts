/** What other plugins ask of the ROM list. */
import { token, type GuestAddress, type RAMBlock } from "backplane";
import type { FwCfgFile } from "backplane/plugins/fw-cfg/contract";

/** A ROM whose contents the firmware reads as an fw_cfg file. */
export interface RomBlob {
  readonly name: string;
  /** The block `/rom@NAME`; its `usedLength` is the blob's length, rounded up to whole pages. */
  readonly block: RAMBlock;
  readonly file: FwCfgFile;
  /** Length of the contents, exact: the size in the fw_cfg directory. */
  readonly length: number;
  /** Contents as they are in the block now. */
  read(): Uint8Array;
  /**
   * Replaces the contents in the block: resizes it (the RAM block notifiers run, before the fw_cfg directory follows),
   * then copies. The next reset puts the original contents back, in the size that the block has by then. Throws
   * `RAM_BLOCK_RESIZE` beyond `maxLength`.
   */
  update(contents: Uint8Array): void;
}

export interface RomBlobOptions {
  /** Bytes that the block reserves for growth. */
  readonly maxLength: number;
  /** Inside the guest's select, before the first byte can be read. */
  onSelect?(): void;
}

/** An entry of `info roms`. */
export interface RomEntry {
  readonly name: string;
  /** `fw`: an fw_cfg file without a block of its own; `block`: with one; `address`: in guest memory. */
  readonly kind: "address" | "block" | "fw";
  readonly address: GuestAddress | undefined;
  /** Bytes that are reserved. */
  readonly size: number;
}

/** The machine's ROMs: contents that every reset puts back where they belong. */
export interface RomLoader {
  /** A ROM at a guest address. ROMs that overlap are refused with `ROM_OVERLAP` at machine-done. */
  addAtAddress(name: string, address: GuestAddress, contents: Uint8Array): void;
  /** An fw_cfg file with its contents in a resizeable RAM block `/rom@NAME` that migration carries. */
  addBlob(name: string, contents: Uint8Array, options: RomBlobOptions): RomBlob;
  /** An option ROM that the firmware finds as the fw_cfg file `genroms/NAME`; without a RAM block. */
  addOptionRom(name: string, contents: Uint8Array): void;
  blob(name: string): RomBlob | undefined;
  /** In the order of `info roms`: files, then by address, then those with a block of their own; each in order of addition. */
  list(): readonly RomEntry[];
}

export const ROM_LOADER = token<RomLoader>("ROM_LOADER");
