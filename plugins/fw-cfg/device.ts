// Ports: QEMU's docs/specs/fw_cfg, "x86 Register Locations". Selector and data share two bytes, DMA has eight.
import {
  byteLength,
  disposable,
  guestAddress,
  inject,
  injectable,
  MEMORY_REGIONS,
  Registry,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Disposable,
  type MemoryRegionOps,
  type MemoryRegions,
} from "backplane";
import {
  FW_CFG_IO,
  FW_CFG_KEYS,
  type FwCfg,
  type FwCfgBootDevice,
  type FwCfgDirectoryEntry,
  type FwCfgFile,
  type FwCfgFileOptions,
  type FwCfgSource,
} from "./contract.ts";
import { FILE_SLOTS, FileDirectory } from "./directory.ts";
import { transfer } from "./dma.ts";
import { fwCfgErrors } from "./errors.ts";
import { constantItem, type Item } from "./item.ts";

/** Nothing is selected: reads give zero. */
const INVALID = 0xffff;
const ARCH_LOCAL = 0x8000;
/** Architecture bit and (defunct) write bit do not count towards an item's number. */
const NUMBER_MASK = 0x3fff;
const END_OF_ITEMS = FW_CFG_KEYS.firstFile + FILE_SLOTS;
const SIGNATURE = Buffer.from("QEMU");
const DMA_SIGNATURE = Buffer.from("QEMU CFG");
/** Traditional interface, and DMA. */
const FEATURES = 0b11;
const SELECTOR_BYTES = 2;
const DMA_OFFSET = 4;
const UUID_BYTES = 16;

/** What a migration carries; the sizes are those of the files that grow. */
export interface FwCfgState {
  selected: number;
  offset: number;
  dmaAddress: bigint;
  tables: bigint;
  loader: bigint;
  rsdp: bigint;
}

@injectable()
export class FwCfgDevice implements FwCfg {
  readonly #io: AddressSpace;
  readonly #memory: AddressSpace;
  readonly #regions: MemoryRegions;
  readonly #items = new Map<number, Item>();
  readonly #files = new FileDirectory();
  readonly #bootDevices = new Registry<FwCfgBootDevice>();
  readonly #selects = new Registry<(key: number, name: string | undefined) => void>();
  #selected: number = FW_CFG_KEYS.signature;
  #offset = 0;
  #dmaHigh = 0;

  constructor(
    @inject(SYSTEM_IO) io: AddressSpace,
    @inject(SYSTEM_MEMORY) memory: AddressSpace,
    @inject(MEMORY_REGIONS) regions: MemoryRegions,
  ) {
    this.#io = io;
    this.#memory = memory;
    this.#regions = regions;
    this.addBytes(FW_CFG_KEYS.signature, SIGNATURE);
    this.addNumber(FW_CFG_KEYS.id, FEATURES, 4);
    this.#items.set(FW_CFG_KEYS.directory, this.#files.item);
  }

  /** Puts the ports where the guest finds them. */
  connect(): Disposable {
    const { root } = this.#io;
    const { base, length } = FW_CFG_IO;
    const ports = this.#regions.io("fwcfg", byteLength(SELECTOR_BYTES), this.#portOps());
    root.addSubregion(guestAddress(base), ports);
    const dma = this.#regions.io("fwcfg.dma", byteLength(length - DMA_OFFSET), this.#dmaOps());
    root.addSubregion(guestAddress(base + DMA_OFFSET), dma);
    return disposable(() => {
      root.removeSubregion(ports);
      root.removeSubregion(dma);
    });
  }

  addBytes(key: number, contents: Uint8Array): void {
    this.#requireFixed(key);
    if (this.#items.has(key)) throw fwCfgErrors.FW_CFG_KEY_TAKEN(key);
    this.#items.set(key, constantItem(contents));
  }

  addNumber(key: number, value: number, size: 2 | 4 | 8): void {
    this.addBytes(key, littleEndian(value, size));
  }

  addString(key: number, text: string): void {
    this.addBytes(key, Buffer.from(`${text}\0`));
  }

  modifyNumber(key: number, value: number): void {
    const item = this.#items.get(key);
    if (item === undefined) throw fwCfgErrors.FW_CFG_KEY_INVALID(key);
    item.source.write?.(0, littleEndian(value, item.source.length));
  }

  has(key: number): boolean {
    return this.#items.has(key);
  }

  addFile(name: string, contents: Uint8Array | FwCfgSource, options: FwCfgFileOptions = {}): FwCfgFile {
    return this.#files.add(name, contents, options);
  }

  file(name: string): FwCfgFile | undefined {
    return this.#files.find(name);
  }

  directory(): readonly FwCfgDirectoryEntry[] {
    return this.#files.entries();
  }

  select(key: number): void {
    this.#offset = 0;
    this.#selected = (key & NUMBER_MASK) < END_OF_ITEMS ? key : INVALID;
    this.#item()?.onSelect?.();
    const name = this.#selected === INVALID ? undefined : this.#fileAt(key)?.name;
    for (const listener of this.#selects) listener(key, name);
  }

  read(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const source = this.#item()?.source;
    const available = source === undefined ? 0 : Math.max(0, Math.min(length, source.length - this.#offset));
    if (available > 0) source?.read(this.#offset, bytes.subarray(0, available));
    this.#offset += available;
    return bytes;
  }

  onSelect(listener: (key: number, name: string | undefined) => void): Disposable {
    return this.#selects.add(listener);
  }

  addBootDevice(device: FwCfgBootDevice): Disposable {
    return this.#bootDevices.add(device);
  }

  /** By boot index; of equal ones the first added comes first. */
  bootPaths(): string[] {
    return [...this.#bootDevices].sort((left, right) => left.index - right.index).map(({ path }) => path);
  }

  get uuid(): Uint8Array {
    const bytes = new Uint8Array(UUID_BYTES);
    this.#items.get(FW_CFG_KEYS.uuid)?.source.read(0, bytes);
    return bytes;
  }

  captureState(): FwCfgState {
    const sizeOf = (name: string): bigint =>
      BigInt(this.#files.entries().find((file) => file.name === name)?.size ?? 0);
    return {
      selected: this.#selected,
      offset: this.#offset,
      dmaAddress: BigInt(this.#dmaHigh) << 32n,
      tables: sizeOf("etc/acpi/tables"),
      loader: sizeOf("etc/table-loader"),
      rsdp: sizeOf("etc/acpi/rsdp"),
    };
  }

  /** The sizes of the files in RAM are those of their blocks by now. */
  restoreState({ selected, offset, dmaAddress }: FwCfgState): void {
    this.#selected = selected;
    this.#offset = offset;
    this.#dmaHigh = Number(dmaAddress >> 32n);
  }

  get state(): FwCfg["state"] {
    return { selected: this.#selected, offset: this.#offset };
  }

  set state(state: FwCfg["state"]) {
    this.#selected = state.selected;
    this.#offset = state.offset;
  }

  #fileAt(key: number): { readonly name: string; readonly item: Item } | undefined {
    return (key & ARCH_LOCAL) === 0 ? this.#files.at(key & NUMBER_MASK) : undefined;
  }

  #item(): Item | undefined {
    if (this.#selected === INVALID) return undefined;
    const key = (this.#selected & NUMBER_MASK) | (this.#selected & ARCH_LOCAL);
    return this.#items.get(key) ?? this.#fileAt(key)?.item;
  }

  #requireFixed(key: number): void {
    if ((key & NUMBER_MASK) >= END_OF_ITEMS || this.#fileAt(key) !== undefined) {
      throw fwCfgErrors.FW_CFG_KEY_INVALID(key);
    }
  }

  /** A word write selects, a byte read takes the next byte at either port; a word cannot be read. */
  #portOps(): MemoryRegionOps {
    return {
      accepts: (_offset, size, isWrite) => size === 1 || (isWrite && size === 2),
      read: (_offset, size) => (size === 1 ? (this.read(1)[0] ?? 0) : 0),
      write: (_offset, value, size) => {
        // Data has been read-only for long; a byte that is written is for nobody.
        if (size === 2) this.select(value);
      },
    };
  }

  /** The address is big-endian, so its low half comes last, and starts the transfer. */
  #dmaOps(): MemoryRegionOps {
    return {
      valid: { min: 1, max: 8 },
      impl: { min: 1, max: 4 },
      read: (offset, size) => DMA_SIGNATURE.readUIntLE(offset, size),
      write: (offset, value, size) => {
        if (size !== 4 || offset % 4 !== 0) return;
        const half = swap32(value);
        if (offset === 0) {
          this.#dmaHigh = half;
          return;
        }
        const request = this.#dmaHigh * 0x1_0000_0000 + half;
        this.#dmaHigh = 0;
        this.#transfer(request);
      },
    };
  }

  #transfer(request: number): void {
    transfer(
      this.#memory,
      {
        select: (key) => this.select(key),
        current: () => ({ item: this.#item(), offset: this.#offset }),
        advance: (bytes) => {
          this.#offset += bytes;
        },
      },
      request,
    );
  }
}

function swap32(value: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.readUInt32BE(0);
}

function littleEndian(value: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, Math.min(size, 6));
  return bytes;
}
