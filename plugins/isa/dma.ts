// DMA controller: Intel 8237A datasheet (231466). Two of them, the second for 16-bit transfers with its ports two apart.
// A transfer is the device's to make: while it requests one and the channel is not masked, its handler is called.
import {
  byteLength,
  disposable,
  guestAddress,
  type AddressSpace,
  type Disposable,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { DmaHandler } from "./contract.ts";

const CHANNELS = 4;
/** Which channel a page register belongs to, by the port's low three bits. */
const PAGE_CHANNEL = [-1, 2, 3, 1, -1, -1, -1, 0] as const;
const MODE = { transfer: 0x0c, autoInitialize: 0x10, down: 0x20 } as const;
/** Memory to memory, fixed address, compressed and extended timing, rotating priority, active-low lines. */
const UNSUPPORTED_COMMANDS = 0xfb;
const ADDRESS = 0;
const COUNT = 1;

const REGISTER = { command: 0, request: 1, mask: 2, mode: 3, clearFlip: 4, clear: 5, unmask: 6, masks: 7 } as const;
const READ = { status: 0, mask: 1 } as const;

interface Channel {
  readonly base: [address: number, count: number];
  /** Where the transfer began, and how far it has come. */
  start: number;
  done: number;
  page: number;
  mode: number;
  handler: DmaHandler | undefined;
}

/** What a migration carries; the status is not among it. */
export interface DmaState {
  command: number;
  mask: number;
  flipFlop: number;
  shift: number;
  status: number;
  channels: DmaChannelState[];
}

export interface DmaChannelState {
  /** Where the transfer began, and how far it has come. */
  now: number[];
  base: number[];
  mode: number;
  page: number;
  highPage: number;
  acknowledge: number;
  terminal: number;
}

export interface DmaServices {
  readonly regions: MemoryRegions;
  readonly memory: AddressSpace;
  readonly log: Logger;
}

export class DmaController implements Disposable {
  readonly channels: MemoryRegion;
  readonly control: MemoryRegion;
  /** Page registers, from the first of their eight ports. */
  readonly pages: readonly { readonly offset: number; readonly region: MemoryRegion }[];
  readonly #channels: readonly Channel[] = Array.from({ length: CHANNELS }, () => ({
    base: [0, 0],
    start: 0,
    done: 0,
    page: 0,
    mode: 0,
    handler: undefined,
  }));
  readonly #shift: 0 | 1;
  readonly #memory: AddressSpace;
  readonly #log: Logger;
  #highNext = false;
  /** Terminal counts below, requests above. */
  #status = 0;
  #mask = 0;
  #running = false;
  #again: NodeJS.Immediate | undefined;

  constructor({ regions, memory, log }: DmaServices, shift: 0 | 1) {
    this.#shift = shift;
    this.#memory = memory;
    this.#log = log;
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
      region: regions.io(
        "dma-page",
        byteLength(length),
        {
          // Single bytes: of what is wider the first two, as far as they are registers; the rest is nobody's.
          valid: { min: 1, max: 4, unaligned: true },
          impl: { min: 1, max: 4, unaligned: true },
          read: (at, size) => {
            if (size === 4) return 0xffffffff;
            const low = this.#pageOf(offset + at)?.page ?? 0;
            return size === 1
              ? low
              : low | ((at + 1 < length ? (this.#pageOf(offset + at + 1)?.page ?? 0) : 0xff) << 8);
          },
          write: (at, value, size) => {
            const end = size === 4 ? at : Math.min(at + size, length);
            for (let port = at; port < end; port++) {
              const channel = this.#pageOf(offset + port);
              if (channel !== undefined) channel.page = (value >> (8 * (port - at))) & 0xff;
            }
          },
        },
        { inPortList: true },
      ),
    });
    this.pages = [page(1, 3), page(7, 1)];
    this.reset();
  }

  dispose(): void {
    if (this.#again !== undefined) clearImmediate(this.#again);
  }

  reset(): void {
    this.#highNext = false;
    this.#mask = 0xff;
    this.#status = 0;
  }

  captureState(): DmaState {
    return {
      command: 0,
      mask: this.#mask,
      flipFlop: Number(this.#highNext),
      shift: this.#shift,
      status: this.#status,
      channels: this.#channels.map(({ base, start, done, page, mode }) => ({
        now: [start, done],
        base: [...base],
        mode,
        page,
        highPage: 0,
        acknowledge: 0,
        terminal: 0,
      })),
    };
  }

  restoreState({ mask, flipFlop, channels }: DmaState): void {
    this.#mask = mask;
    this.#highNext = flipFlop !== 0;
    for (const [index, channel] of this.#channels.entries()) {
      const state = channels[index];
      if (state === undefined) continue;
      const [address = 0, count = 0] = state.base;
      const [start = 0, done = 0] = state.now;
      Object.assign(channel, { start, done, page: state.page, mode: state.mode });
      channel.base[ADDRESS] = address;
      channel.base[COUNT] = count;
    }
    this.#run();
  }

  /** A device takes a channel of this controller, 0 to 3. */
  connect(index: number, handler: DmaHandler): Disposable {
    const channel = this.#channels[index];
    if (channel === undefined) return disposable(() => undefined);
    channel.handler = handler;
    return disposable(() => {
      channel.handler = undefined;
    });
  }

  /** The device's DREQ line. */
  request(index: number, level: boolean): void {
    const bit = 0x10 << index;
    this.#status = level ? this.#status | bit : this.#status & ~bit;
    this.#run();
  }

  repeats(index: number): boolean {
    return ((this.#channels[index]?.mode ?? 0) & MODE.autoInitialize) !== 0;
  }

  /** Bytes of guest memory at `position` of the transfer; a channel that goes down meets them in reverse. */
  read(index: number, position: number, into: Uint8Array): void {
    const channel = this.#channels[index];
    if (channel === undefined || isVerify(channel)) return;
    this.#memory.read(guestAddress(addressOf(channel, position, into.length)), into);
    if (goesDown(channel)) into.reverse();
  }

  write(index: number, position: number, from: Uint8Array): void {
    const channel = this.#channels[index];
    if (channel === undefined || isVerify(channel)) return;
    const bytes = goesDown(channel) ? from.toReversed() : from;
    this.#memory.write(guestAddress(addressOf(channel, position, from.length)), bytes);
  }

  #pageOf(port: number): Channel | undefined {
    return this.#channels[PAGE_CHANNEL[port] ?? -1];
  }

  #readChannel(port: number): number {
    const channel = this.#channels[port >> 1];
    if (channel === undefined) return 0;
    const value =
      (port & 1) === COUNT
        ? (channel.base[COUNT] << this.#shift) - channel.done
        : channel.start + (goesDown(channel) ? -channel.done : channel.done);
    return (value >> (this.#shift + (this.#flip() ? 8 : 0))) & 0xff;
  }

  #writeChannel(port: number, value: number): void {
    const channel = this.#channels[port >> 1];
    if (channel === undefined) return;
    const register = (port & 1) === COUNT ? COUNT : ADDRESS;
    const before = channel.base[register];
    if (!this.#flip()) {
      channel.base[register] = (before & 0xff00) | value;
      return;
    }
    channel.base[register] = (before & 0xff) | (value << 8);
    channel.start = channel.base[ADDRESS] << this.#shift;
    channel.done = 0;
  }

  #readControl(port: number): number {
    if (port === READ.mask) return this.#mask;
    if (port !== READ.status) return 0;
    const status = this.#status;
    // Reading takes the terminal counts away, not the requests.
    this.#status &= 0xf0;
    return status;
  }

  #writeControl(port: number, value: number): void {
    const index = value & 3;
    switch (port) {
      case REGISTER.command:
        if ((value & UNSUPPORTED_COMMANDS) !== 0) this.#log.warn("DMA command that is not supported", { value });
        return;
      case REGISTER.request:
        this.#status &= ~(1 << index);
        return this.request(index, (value & 4) !== 0);
      case REGISTER.mask:
        this.#mask = (value & 4) === 0 ? this.#mask & ~(1 << index) : this.#mask | (1 << index);
        return this.#run();
      case REGISTER.mode: {
        const channel = this.#channels[index];
        if (channel !== undefined) channel.mode = value;
        return;
      }
      case REGISTER.clearFlip:
        this.#highNext = false;
        return;
      case REGISTER.clear:
        return this.reset();
      case REGISTER.unmask:
        this.#mask = 0;
        return this.#run();
      default:
        this.#mask = value;
        return this.#run();
    }
  }

  /** Bytes of a 16-bit register come alternately, the low one first. */
  #flip(): boolean {
    const high = this.#highNext;
    this.#highNext = !high;
    return high;
  }

  /** Lets devices transfer whose turn it is; those that want more get it in a later turn of the event loop. */
  #run(): void {
    if (this.#running) return;
    this.#running = true;
    let isBusy = false;
    for (const [index, channel] of this.#channels.entries()) {
      const isWanted = (this.#status & (0x10 << index)) !== 0 && (this.#mask & (1 << index)) === 0;
      if (!isWanted || channel.handler === undefined) continue;
      isBusy = true;
      const length = (channel.base[COUNT] + 1) << this.#shift;
      channel.done = channel.handler(channel.done, length);
      if (channel.done === length) this.#status |= 1 << index;
    }
    this.#running = false;
    if (!isBusy) return;
    this.#again ??= setImmediate(() => {
      this.#again = undefined;
      this.#run();
    });
  }
}

function isVerify({ mode }: Channel): boolean {
  return (mode & MODE.transfer) === 0;
}

function goesDown({ mode }: Channel): boolean {
  return (mode & MODE.down) !== 0;
}

function addressOf(channel: Channel, position: number, length: number): number {
  const from = channel.page * 0x10000 + channel.start;
  return goesDown(channel) ? Math.max(from - position - length, 0) : from + position;
}
