import {
  ACCESS_DEBUG,
  BLOCK_ACCESS,
  inject,
  injectable,
  MEMORY_REGIONS,
  QOM,
  RAM_LIST,
  SYSTEM_MEMORY,
  type AddressSpace,
  type BlockAccess,
  type GuestAddress,
  type MemoryRegions,
  type Qom,
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
  readonly #qom: Qom;
  readonly #blobs: BlockRom[] = [];
  readonly #placed: PlacedRom[] = [];
  readonly #entries: RomEntry[] = [];

  constructor(
    @inject(FW_CFG) fwCfg: FwCfg,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
    @inject(RAM_LIST) ramList: RAMList,
    @inject(BLOCK_ACCESS) access: BlockAccess,
    @inject(SYSTEM_MEMORY) memory: AddressSpace,
    @inject(QOM) qom: Qom,
  ) {
    this.#qom = qom;
    this.#services = { fwCfg, regions, ramList, access };
    this.#memory = memory;
  }

  addAtAddress(name: string, address: GuestAddress, contents: Uint8Array): void {
    this.#placed.push({ name, address, contents: contents.slice() });
    this.#placed.sort((left, right) => left.address - right.address);
    this.#entries.push({ name, kind: "address", address, size: contents.length });
  }

  addBlob(name: string, contents: Uint8Array, options: RomBlobOptions): RomBlob {
    // Whoever reads the file reads the block: both are the firmware configuration device's.
    const owner = this.#qom.find("/machine/fw_cfg");
    const make = (): BlockRom => new BlockRom(this.#services, name, contents, options);
    const blob = this.#services.regions.withOwner(owner, make);
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
    return this.#entries.toSorted((left, right) => place(left) - place(right));
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
    for (const { address, contents } of this.#placed) this.#memory.write(address, contents, ACCESS_DEBUG);
  }
}

/** Files stand in front; what has a RAM block of its own stands nowhere, behind all addresses. */
function place({ kind, address }: RomEntry): number {
  return kind === "block" ? Number.MAX_SAFE_INTEGER : (address ?? 0);
}
