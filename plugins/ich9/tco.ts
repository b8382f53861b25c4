// The watchdog: ICH9 datasheet (316972) §13.9. It counts in steps of 0.6 seconds of virtual time. When it has run out it
// starts over and asks for a system management interrupt; when it runs out again without having been reloaded, the
// machine's watchdog action follows. As in the peer a machine reset leaves it alone.
import {
  byteLength,
  type Clock,
  type ClockTimer,
  type Disposable,
  type MemoryRegion,
  type MemoryRegions,
  type VirtualTime,
} from "backplane";

const LENGTH = 32;
const TICK_NS = 600_000_000;
const COUNT_MASK = 0x3ff;

const AT = {
  reload: 0x00,
  dataIn: 0x02,
  dataOut: 0x03,
  status1: 0x04,
  status2: 0x06,
  control1: 0x08,
  control2: 0x0a,
  message1: 0x0c,
  message2: 0x0d,
  watchdogControl: 0x0e,
  interrupts: 0x10,
  initial: 0x12,
} as const;

/** Registers by their places, with the bits that they hold. Between them there is nothing. */
const HELD: ReadonlyMap<number, number> = new Map<number, number>([
  [AT.reload, 0xffff],
  [AT.dataIn, 0xff],
  [AT.dataOut, 0xff],
  [AT.status1, 0xe870],
  [AT.status2, 0xfff8],
  [AT.control1, 0xfeff],
  [AT.control2, 0xffff],
  [AT.message1, 0xff],
  [AT.message2, 0xff],
  [AT.watchdogControl, 0xff],
  [AT.interrupts, 0xff],
  [AT.initial, 0xffff],
]);

const STATUS1 = { software: 0x0002, interrupt: 0x0004, timeout: 0x0008 } as const;
const STATUS2 = { secondTimeout: 0x0002, boot: 0x0004 } as const;
const CONTROL1 = { lock: 0x1000, halted: 0x0800 } as const;
const DEFAULTS: readonly (readonly [number, number])[] = [
  [AT.control2, 0x0008],
  [AT.interrupts, 0x03],
  [AT.initial, 0x0004],
];

/** What a migration carries. */
export type WatchdogState = { [N in keyof typeof AT]: number } & {
  /** When it runs out; -1: it stands. */
  deadline: bigint;
  expires: bigint;
  timeouts: number;
};
const REGISTERS = Object.keys(AT) as (keyof typeof AT)[];

export interface WatchdogOptions {
  /** The strap or GCS says that the machine is to go on. */
  noReboot(): boolean;
  /** It has run out twice. */
  expired(): void;
  /** It has run out; whether TCO_EN lets the interrupt out is not decided here. */
  timedOut(): void;
  /** A message from the system to the firmware. */
  interrupt(): void;
}

export class Watchdog implements Disposable {
  /** `sm-tco`, at PMBASE + 0x60. */
  readonly region: MemoryRegion;
  readonly #clock: Clock;
  readonly #options: WatchdogOptions;
  readonly #registers = new Uint16Array(LENGTH);
  readonly #timer: ClockTimer;
  #timeouts = 0;

  constructor(regions: MemoryRegions, clock: Clock, options: WatchdogOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#timer = clock.timer(() => this.#expire());
    for (const [at, value] of DEFAULTS) this.#registers[at] = value;
    this.region = regions.io("sm-tco", byteLength(LENGTH), {
      valid: { min: 1, max: 4 },
      impl: { min: 1, max: 2 },
      read: (offset) => (offset === AT.reload ? this.#remaining : this.#get(offset)),
      write: (offset, value) => this.#write(offset, value),
    });
  }

  dispose(): void {
    void this.#timer.dispose();
  }

  captureState(): WatchdogState {
    const deadline = BigInt(this.#timer.deadline ?? -1);
    const registers = Object.fromEntries(Object.entries(AT).map(([name, at]) => [name, this.#get(at)]));
    return {
      ...(registers as { [N in keyof typeof AT]: number }),
      deadline,
      expires: deadline,
      timeouts: this.#timeouts,
    };
  }

  restoreState(state: WatchdogState): void {
    for (const name of REGISTERS) this.#registers[AT[name]] = state[name];
    this.#timeouts = state.timeouts;
    if (state.deadline < 0n) this.#timer.cancel();
    else this.#timer.arm(Number(state.deadline) as VirtualTime);
  }

  /** TCO_EN stays as it is. */
  get locked(): boolean {
    return (this.#get(AT.control1) & CONTROL1.lock) !== 0;
  }

  get #remaining(): number {
    const { deadline } = this.#timer;
    const written = this.#get(AT.reload);
    if (deadline === undefined) return written;
    return Math.trunc((deadline - this.#clock.now) / TICK_NS) | (written & ~COUNT_MASK);
  }

  #write(offset: number, value: number): void {
    const held = HELD.get(offset);
    if (held === undefined) return;
    const lock = offset === AT.control1 ? this.#get(offset) & CONTROL1.lock : 0;
    this.#registers[offset] = (value & held) | lock;
    switch (offset) {
      case AT.reload:
        this.#timeouts = 0;
        if (this.#canRun) this.#start();
        return;
      case AT.control1:
        if (this.#canRun) this.#start();
        else this.#timer.cancel();
        return;
      case AT.dataIn:
        this.#set(AT.status1, STATUS1.software);
        return this.#options.interrupt();
      case AT.dataOut:
        return this.#set(AT.status1, STATUS1.interrupt);
      default:
    }
  }

  /** Counts of 0 and 1 do not count (§13.9.11). */
  get #canRun(): boolean {
    return (this.#get(AT.control1) & CONTROL1.halted) === 0 && this.#get(AT.initial) > 1;
  }

  #start(): void {
    const count = this.#get(AT.initial);
    this.#registers[AT.reload] = count;
    // Of more than ten bits the upper ones do not count; a count that has nothing else is one tick, so that time goes on.
    this.#timer.arm((this.#clock.now + Math.max(count & COUNT_MASK, 1) * TICK_NS) as VirtualTime);
  }

  #expire(): void {
    this.#registers[AT.reload] = 0;
    this.#set(AT.status1, STATUS1.timeout);
    this.#timeouts++;
    if (this.#timeouts === 2) {
      this.#timeouts = 0;
      this.#set(AT.status2, STATUS2.secondTimeout | STATUS2.boot);
      if (!this.#options.noReboot()) return this.#options.expired();
    }
    this.#options.timedOut();
    this.#start();
  }

  #get(offset: number): number {
    return this.#registers[offset] ?? 0;
  }

  #set(offset: number, bits: number): void {
    this.#registers[offset] = this.#get(offset) | bits;
  }
}
