// The watchdog: ICH9 datasheet (316972) §13.9. It counts in steps of 0.6 seconds of virtual time, and resets the machine
// when it runs out for the second time without being reloaded.
import { byteLength, type Clock, type Disposable, type MemoryRegion, type MemoryRegions } from "backplane";

const LENGTH = 32;
const TICK_NS = 600_000_000;
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
const STATUS1 = { software: 0x0002, interrupt: 0x0004, timeout: 0x0008, writable: 0xe870 } as const;
const STATUS2 = { secondTimeout: 0x0002, boot: 0x0004 } as const;
const CONTROL1 = { lock: 0x1000, halted: 0x0800, writable: 0xfeff } as const;
const COUNT_MASK = 0x3ff;
const CONTROL2_DEFAULT = 0x0008;
const INTERRUPTS_DEFAULT = 0x03;
const INITIAL_DEFAULT = 0x0004;

export interface WatchdogOptions {
  /** The strap or GCS says that the machine is not to be reset. */
  noReboot(): boolean;
  resetMachine(): void;
}

export class Watchdog {
  /** `sm-tco`, at PMBASE + 0x60. */
  readonly region: MemoryRegion;
  readonly #clock: Clock;
  readonly #options: WatchdogOptions;
  readonly #registers = new DataView(new ArrayBuffer(LENGTH));
  #timer: Disposable | undefined;
  #deadline = 0;
  #timeouts = 0;

  constructor(regions: MemoryRegions, clock: Clock, options: WatchdogOptions) {
    this.#clock = clock;
    this.#options = options;
    this.region = regions.io("sm-tco", byteLength(LENGTH), {
      valid: { min: 1, max: 4 },
      impl: { min: 1, max: 2 },
      read: (offset, size) => {
        if (offset === AT.reload) return this.#remaining;
        return size === 1 ? this.#registers.getUint8(offset) : this.#registers.getUint16(offset, true);
      },
      write: (offset, value, size) => this.#write(offset, value, size),
    });
    this.#initialize();
  }

  get locked(): boolean {
    return (this.#get(AT.control1) & CONTROL1.lock) !== 0;
  }

  stop(): void {
    void this.#timer?.dispose();
    this.#timer = undefined;
  }

  /** A reset keeps BOOT_STS, by which the firmware learns why it starts. */
  reset(): void {
    const boot = this.#get(AT.status2) & STATUS2.boot;
    this.stop();
    this.#initialize();
    this.#set(AT.status2, boot);
  }

  #initialize(): void {
    new Uint8Array(this.#registers.buffer).fill(0);
    this.#set(AT.control2, CONTROL2_DEFAULT);
    this.#registers.setUint8(AT.interrupts, INTERRUPTS_DEFAULT);
    this.#set(AT.initial, INITIAL_DEFAULT);
    this.#timeouts = 0;
  }

  get #remaining(): number {
    if (this.#timer === undefined) return this.#get(AT.reload);
    return Math.ceil((this.#deadline - this.#clock.now) / TICK_NS) & COUNT_MASK;
  }

  #write(offset: number, value: number, size: number): void {
    switch (offset) {
      case AT.reload:
        this.#timeouts = 0;
        this.#set(AT.reload, this.#get(AT.initial) & COUNT_MASK);
        this.#start();
        return;
      case AT.status1:
        this.#set(
          AT.status1,
          this.#get(AT.status1) &
            ~(value & (STATUS1.writable | STATUS1.timeout | STATUS1.software | STATUS1.interrupt)),
        );
        return;
      case AT.status2:
        this.#set(AT.status2, this.#get(AT.status2) & ~value);
        return;
      case AT.control1:
        this.#writeControl(value & CONTROL1.writable);
        return;
      case AT.initial:
        this.#set(AT.initial, value & COUNT_MASK);
        return;
      case AT.dataIn:
      case AT.dataOut:
        // Messages between OS and firmware: each sets its status bit.
        this.#set(AT.status1, this.#get(AT.status1) | (offset === AT.dataIn ? STATUS1.software : STATUS1.interrupt));
        this.#registers.setUint8(offset, value & 0xff);
        return;
      default:
        if (size === 1) this.#registers.setUint8(offset, value & 0xff);
        else this.#set(offset, value & 0xffff);
    }
  }

  #writeControl(value: number): void {
    // The lock holds until reset.
    const lock = this.#get(AT.control1) & CONTROL1.lock;
    this.#set(AT.control1, value | lock);
    if ((value & CONTROL1.halted) !== 0) this.stop();
    else this.#start();
  }

  #start(): void {
    this.stop();
    const count = this.#get(AT.reload) & COUNT_MASK;
    if ((this.#get(AT.control1) & CONTROL1.halted) !== 0 || count === 0) return;
    this.#deadline = this.#clock.now + count * TICK_NS;
    this.#timer = this.#clock.after(count * TICK_NS, () => this.#expire());
  }

  #expire(): void {
    this.#timer = undefined;
    this.#timeouts++;
    if (this.#timeouts === 1) {
      this.#set(AT.status1, this.#get(AT.status1) | STATUS1.timeout);
      this.#start();
      return;
    }
    this.#set(AT.status2, this.#get(AT.status2) | STATUS2.secondTimeout | STATUS2.boot);
    this.#timeouts = 0;
    if (!this.#options.noReboot()) this.#options.resetMachine();
  }

  #get(offset: number): number {
    return this.#registers.getUint16(offset, true);
  }

  #set(offset: number, value: number): void {
    this.#registers.setUint16(offset, value, true);
  }
}
