import { ACCESS_OK, type AddressSpace, type GuestAddress, type HostMemory } from "backplane";

const HIGH = 2 ** 32;
/** The offset in a page. */
const OFFSET = 0xfff;

/** Tables in guest memory, read by 64 bits: little-endian, and into fields, since a translation allocates nothing. */
export class GuestTables {
  readonly #memory: AddressSpace;
  /** RAM around what was read last, as long as the view has this version. */
  #host: HostMemory | undefined;
  #version = -1;
  #start = 0;
  #end = 0;
  /** Of the host memory's offsets from addresses. */
  #shift = 0;
  /** The halves of what was read last. */
  low = 0;
  high = 0;

  constructor(memory: AddressSpace) {
    this.#memory = memory;
  }

  /** False where nothing answers. */
  read(address: number): boolean {
    const memory = this.#memory;
    if (address < this.#start || address + 8 > this.#end || memory.version !== this.#version) this.#look(address);
    if (this.#host !== undefined) {
      this.low = this.#host.readUint(address + this.#shift, 4);
      this.high = this.#host.readUint(address + this.#shift + 4, 4);
      return true;
    }
    this.low = memory.load(address as GuestAddress, 4) >>> 0;
    if (memory.lastResult !== ACCESS_OK) return false;
    this.high = memory.load((address + 4) as GuestAddress, 4) >>> 0;
    return memory.lastResult === ACCESS_OK;
  }

  #look(address: number): void {
    const place = this.#memory.find(address as GuestAddress);
    const { region, offset, length } = place ?? { region: undefined, offset: 0, length: 0 };
    this.#version = this.#memory.version;
    this.#start = address;
    this.#end = address + length;
    this.#shift = offset - address;
    // Other memory is read in the ordinary way: ROM devices answer by themselves, and an entry may lie across an end.
    const isRam = region?.kind === "ram" && length >= 8;
    this.#host = isRam ? region.ramBlock?.host : undefined;
    if (!isRam) this.#end = this.#start;
  }

  /** Writes the lower half of an entry. */
  write(address: number, low: number): boolean {
    return this.#memory.store(address as GuestAddress, low, 4) === ACCESS_OK;
  }

  /** The page that the entry read last names. */
  get page(): number {
    return pageOf(this.low, this.high);
  }
}

export function pageOf(low: number, high: number): number {
  return high * HIGH + (low - (low & OFFSET));
}

/** Bits of the upper half that an address of so many bits does not use. */
export function beyond(addressWidth: number): number {
  return ~(2 ** (addressWidth - 32) - 1) >>> 0;
}
