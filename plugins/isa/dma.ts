// DMA controller registers: Intel 8237A datasheet (231466). Two of them, the second for 16-bit transfers with its ports
// two apart. No device of this machine asks for a transfer.
import { byteLength, type MemoryRegion, type MemoryRegions } from "backplane";

interface Channel {
  readonly base: [number, number];
  readonly current: [number, number];
  page: number;
  mode: number;
}

const CHANNELS = 4;
/** Which channel a page register belongs to, by the port's low three bits. */
const PAGE_CHANNEL = [-1, 2, 3, 1, -1, -1, -1, 0] as const;
const AUTO_INITIALIZE = 0x10;

export class DmaController {
  readonly channels: MemoryRegion;
  readonly control: MemoryRegion;
  readonly #pages: readonly { readonly offset: number; readonly region: MemoryRegion }[];
  readonly #channels: readonly Channel[] = Array.from({ length: CHANNELS }, () => ({
    base: [0, 0],
    current: [0, 0],
    page: 0,
    mode: 0,
  }));
  readonly #shift: number;
  #highNext = false;
  #status = 0;
  #command = 0;
  #mask = 0;

  constructor(regions: MemoryRegions, shift: 0 | 1) {
    this.#shift = shift;
    const impl = { min: 1, max: 1 } as const;
    this.channels = regions.io("dma-chan", byteLength(8 << shift), {
      impl,
      read: (offset) => this.#readChannel(offset >> shift),
      write: (offset, value) => this.#writeChannel(offset >> shift, value),
    });
    this.control = regions.io("dma-cont", byteLength(8 << shift), {
      impl,
      read: (offset) => this.#readControl(offset >> shift),
      write: (offset, value) => this.#writeControl(offset >> shift, value),
    });
    const page = (offset: number, length: number) => ({
      offset,
      region: regions.io("dma-page", byteLength(length), {
        impl,
        read: (at) => this.#channels[PAGE_CHANNEL[offset + at] ?? -1]?.page ?? 0,
        write: (at, value) => {
          const channel = this.#channels[PAGE_CHANNEL[offset + at] ?? -1];
          if (channel !== undefined) channel.page = value;
        },
      }),
    });
    this.#pages = [page(1, 3), page(7, 1)];
  }

  /** Page registers, from the first of their eight ports. */
  get pages(): readonly { readonly offset: number; readonly region: MemoryRegion }[] {
    return this.#pages;
  }

  reset(): void {
    this.#clear();
  }

  #readChannel(offset: number): number {
    const value = this.#channels[offset >> 1]?.current[offset & 1] ?? 0;
    return (value >> (this.#flip() ? 8 : 0)) & 0xff;
  }

  #writeChannel(offset: number, value: number): void {
    const channel = this.#channels[offset >> 1];
    if (channel === undefined) return;
    const index = (offset & 1) === 0 ? 0 : 1;
    const high = this.#flip();
    channel.base[index] = high ? (channel.base[index] & 0xff) | (value << 8) : (channel.base[index] & 0xff00) | value;
    channel.current[index] = channel.base[index];
  }

  #readControl(offset: number): number {
    switch (offset) {
      case 0: {
        const status = this.#status;
        // Reading takes the terminal counts away, not the requests.
        this.#status &= 0xf0;
        return status;
      }
      case 7:
        return this.#mask;
      default:
        return 0;
    }
  }

  #writeControl(offset: number, value: number): void {
    switch (offset) {
      case 0:
        this.#command = value;
        return;
      case 1: {
        const request = 0x10 << (value & 3);
        this.#status = (value & 4) === 0 ? this.#status & ~request : this.#status | request;
        return;
      }
      case 2: {
        const bit = 1 << (value & 3);
        this.#mask = (value & 4) === 0 ? this.#mask & ~bit : this.#mask | bit;
        return;
      }
      case 3: {
        const channel = this.#channels[value & 3];
        if (channel !== undefined) channel.mode = value;
        return;
      }
      case 4:
        this.#highNext = false;
        return;
      case 5:
        this.#clear();
        return;
      case 6:
        this.#mask = 0;
        return;
      default:
        this.#mask = value & 0xf;
    }
  }

  /** Bytes of a 16-bit register come alternately, the low one first. */
  #flip(): boolean {
    const high = this.#highNext;
    this.#highNext = !high;
    return high;
  }

  #clear(): void {
    this.#highNext = false;
    this.#mask = 0xf;
    this.#status = 0;
    this.#command = 0;
  }

  /** For a device that transfers: where channel `index` points, and how much is left. */
  programmed(index: number): {
    readonly address: number;
    readonly length: number;
    readonly repeats: boolean;
    readonly masked: boolean;
  } {
    const channel = this.#channels[index];
    const [address, count] = channel?.current ?? [0, 0];
    return {
      address: ((channel?.page ?? 0) << 16) + (address << this.#shift),
      length: (count + 1) << this.#shift,
      repeats: ((channel?.mode ?? 0) & AUTO_INITIALIZE) !== 0,
      masked: (this.#mask & (1 << index)) !== 0 || (this.#command & 4) !== 0,
    };
  }
}
