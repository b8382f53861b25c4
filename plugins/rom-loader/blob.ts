import { byteLength, type BlockAccess, type MemoryRegions, type RAMBlock, type RAMList } from "backplane";
import type { FwCfg, FwCfgFile, FwCfgSource } from "backplane/plugins/fw-cfg/contract";
import type { RomBlob, RomBlobOptions } from "./contract.ts";

/** A block's bytes up to the length of the contents: what the fw_cfg file shows. */
class BlockContents implements FwCfgSource {
  readonly #access: BlockAccess;
  length: number;
  /** Set as soon as the block is there. */
  block: RAMBlock | undefined;

  constructor(access: BlockAccess, length: number) {
    this.#access = access;
    this.length = length;
  }

  read(offset: number, into: Uint8Array): void {
    if (this.block !== undefined) this.#access.read(this.block, offset, into);
  }
}

/** A ROM in a RAM block of its own, shown to the guest as an fw_cfg file. */
export class BlockRom implements RomBlob {
  readonly name: string;
  readonly block: RAMBlock;
  readonly file: FwCfgFile;
  readonly #original: Uint8Array;
  readonly #ramList: RAMList;
  readonly #access: BlockAccess;
  readonly #contents: BlockContents;

  constructor(
    services: {
      readonly fwCfg: FwCfg;
      readonly regions: MemoryRegions;
      readonly ramList: RAMList;
      readonly access: BlockAccess;
    },
    name: string,
    contents: Uint8Array,
    options: RomBlobOptions,
  ) {
    this.name = name;
    this.#original = contents.slice();
    this.#ramList = services.ramList;
    this.#access = services.access;
    const contentsOf = new BlockContents(services.access, contents.length);
    this.#contents = contentsOf;
    const region = services.regions.rom(`/rom@${name}`, byteLength(contents.length), {
      maxSize: byteLength(options.maxLength),
      // Also when a migration brings another size along.
      resized: (_block, length) => {
        contentsOf.length = length;
      },
    });
    const block = region.ramBlock;
    if (block === undefined) throw new TypeError(`the region ${region.name} has no block`);
    this.block = block;
    contentsOf.block = block;
    this.#access.write(block, 0, contents);
    const onSelect = options.onSelect?.bind(options);
    this.file = services.fwCfg.addFile(name, contentsOf, onSelect === undefined ? {} : { onSelect });
  }

  get length(): number {
    return this.#contents.length;
  }

  read(): Uint8Array {
    const bytes = new Uint8Array(this.#contents.length);
    this.#access.read(this.block, 0, bytes);
    return bytes;
  }

  update(contents: Uint8Array): void {
    try {
      this.#ramList.resize(this.block, byteLength(contents.length));
    } finally {
      // A notifier that throws does not undo the resize: the guest must find the contents that fit it all the same.
      if (this.#contents.length === contents.length) this.#access.write(this.block, 0, contents);
    }
  }

  /** What a reset does: the contents that the ROM was made with, zeros behind them, the size left as it is. */
  restore(): void {
    const { block } = this;
    const kept = Math.min(this.#original.length, block.usedLength);
    this.#access.write(block, 0, this.#original.subarray(0, kept));
    this.#access.fill(block, kept, block.usedLength - kept, 0);
    block.host.discard(block.usedLength, block.maxLength - block.usedLength);
  }
}
