// Linked lists of capabilities: PCI Local Bus Specification 3.0 §6.7; extended ones: PCI Express Base 4.0 §7.6.
import type { ConfigSpace } from "./config-space.ts";
import { CONFIG_SIZE, REG, STATUS } from "./registers.ts";
import { pciErrors } from "./errors.ts";

const HEADER_LENGTH = 0x40;
const EXTENDED_START = 0x100;

interface Extent {
  readonly id: number;
  readonly offset: number;
  readonly size: number;
}

export class Capabilities {
  readonly #config: ConfigSpace;
  readonly #driver: string;
  readonly #path: () => string;
  readonly #taken: Extent[] = [];
  readonly #fixed: Extent[] = [];

  constructor(config: ConfigSpace, driver: string, path: () => string) {
    this.#config = config;
    this.#driver = driver;
    this.#path = path;
  }

  /** Where capabilities of both kinds lie: their bytes are the same on every machine, but for what the guest writes. */
  get extents(): readonly { readonly offset: number; readonly size: number }[] {
    return this.#fixed;
  }

  /** The newest stands first in the list. Its bytes become read-only but for what the device then makes writable. */
  add(id: number, size: number, wanted: number | undefined): number {
    const offset = wanted ?? this.#gap(id, size);
    const other = this.#taken.find((extent) => offset < extent.offset + extent.size && extent.offset < offset + size);
    if (other !== undefined) throw pciErrors.PCI_CAPABILITY_OVERLAP(this.#path(), id, offset, other.id, other.offset);
    const config = this.#config;
    config.set8(offset, id);
    config.set8(offset + 1, config.get8(REG.capabilities));
    config.set8(REG.capabilities, offset);
    config.set16(REG.status, config.get16(REG.status) | STATUS.capabilities);
    // What rounding adds stays the guest's to scribble on, as on the peer.
    config.fillWritable(offset, size, false);
    this.#fixed.push({ id, offset, size });
    this.#taken.push({ id, offset, size: roundUp(size) });
    return offset;
  }

  find(id: number): number | undefined {
    const seen = new Set<number>();
    for (let at = this.#config.get8(REG.capabilities); at !== 0 && !seen.has(at); at = this.#config.get8(at + 1)) {
      if (this.#config.get8(at) === id) return at;
      seen.add(at);
    }
    return undefined;
  }

  /** The newest stands last; the first one is at 0x100. */
  addExtended(id: number, version: number, size: number, offset: number): number {
    const config = this.#config;
    config.fillWritable(offset, size, false);
    this.#fixed.push({ id, offset, size });
    config.set32(offset, ((version << 16) | id) >>> 0);
    if (offset === EXTENDED_START) return offset;
    let last = EXTENDED_START;
    for (let next = config.get32(last) >>> 20; next !== 0; next = config.get32(last) >>> 20) last = next;
    config.set32(last, ((config.get32(last) & 0xfffff) | (offset << 20)) >>> 0);
    return offset;
  }

  #gap(id: number, size: number): number {
    let offset = HEADER_LENGTH;
    for (const extent of this.#taken.toSorted((left, right) => left.offset - right.offset)) {
      if (offset + size <= extent.offset) break;
      offset = Math.max(offset, extent.offset + extent.size);
    }
    if (offset + size > CONFIG_SIZE) throw pciErrors.PCI_CAPABILITY_NO_ROOM(this.#driver, id);
    return offset;
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / 4) * 4;
}
