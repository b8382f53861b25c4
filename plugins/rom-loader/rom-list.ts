import {
  BLOCK_ACCESS,
  inject,
  injectable,
  MEMORY_REGIONS,
  RAM_LIST,
  SYSTEM_MEMORY,
  type AddressSpace,
  type BlockAccess,
  type GuestAddress,
  type MemoryRegions,
  type RAMList,
} from "backplane";
import { FW_CFG, type FwCfg } from "backplane/plugins/fw-cfg/contract";
import { BlockRom } from "./blob.ts";
import type { RomBlob, RomBlobOptions, RomEntry, RomLoader } from "./contract.ts";
import { romErrors } from "./errors.ts";

interface PlacedRom {
  readonly name: string;
  readonly address: GuestAddress;
  readonly contents: Uint8Array;
}

@injectable()
export class RomList implements RomLoader {
  readonly #services: ConstructorParameters<typeof BlockRom>[0];
  readonly #memory: AddressSpace;
  readonly #blobs: BlockRom[] = [];
  readonly #placed: PlacedRom[] = [];
  readonly #entries: RomEntry[] = [];

  constructor(
    @inject(FW_CFG) fwCfg: FwCfg,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
    @inject(RAM_LIST) ramList: RAMList,
    @inject(BLOCK_ACCESS) access: BlockAccess,
    @inject(SYSTEM_MEMORY) memory: AddressSpace,
  ) {
    this.#services = { fwCfg, regions, ramList, access };
    this.#memory = memory;
  }

  addAtAddress(name: string, address: GuestAddress, contents: Uint8Array): void {
    this.#placed.push({ name, address, contents: contents.slice() });
    this.#placed.sort((left, right) => left.address - right.address);
    this.#entries.push({ name, kind: "address", address, size: contents.length });
  }

  addBlob(name: string, contents: Uint8Array, options: RomBlobOptions): RomBlob {
    const blob = new BlockRom(this.#services, name, contents, options);
    this.#blobs.push(blob);
    this.#entries.push({ name, kind: "block", address: undefined, size: options.maxLength });
    return blob;
  }

  addOptionRom(name: string, contents: Uint8Array): void {
    this.#services.fwCfg.addFile(`genroms/${name}`, contents.slice());
    this.#entries.push({ name, kind: "fw", address: undefined, size: contents.length });
  }

  blob(name: string): RomBlob | undefined {
    return this.#blobs.find((blob) => blob.name === name);
  }

  list(): readonly RomEntry[] {
    return this.#entries.toSorted((left, right) => (left.address ?? 0) - (right.address ?? 0));
  }

  /** At machine-done. */
  checkOverlaps(): void {
    const overlaps: (readonly [PlacedRom, PlacedRom])[] = [];
    for (const [index, second] of this.#placed.entries()) {
      const first = this.#placed[index - 1];
      if (first && first.address + first.contents.length > second.address) overlaps.push([first, second]);
    }
    if (overlaps.length === 0) return;
    const sized = ({ name, address, contents }: PlacedRom) => ({ name, address, size: contents.length });
    throw romErrors.ROM_OVERLAP(overlaps.map(([first, second]) => [sized(first), sized(second)] as const));
  }

  restore(): void {
    for (const blob of this.#blobs) blob.restore();
    for (const rom of this.#placed) this.#write(rom);
  }

  /** Into the blocks below the addresses, which guests may not be allowed to write. */
  #write({ address, contents }: PlacedRom): void {
    for (let at = 0; at < contents.length;) {
      const found = this.#memory.find((address + at) as GuestAddress);
      const length = Math.min(contents.length - at, found?.length ?? contents.length);
      const block = found?.region.ramBlock;
      if (found !== undefined && block !== undefined) {
        this.#services.access.write(block, found.offset, contents.subarray(at, at + length));
      }
      at += length;
    }
  }
}
