// The watchdog of iBASE's IB700 boards: writing port 0x443 starts it with one of sixteen times, writing 0x441 stops it.
import {
  byteLength,
  CLOCK,
  DEVICE,
  disposable,
  inject,
  injectable,
  MEMORY_REGIONS,
  RESETS,
  type Clock,
  type ClockTimer,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegion,
  type MemoryRegionOps,
  type MemoryRegions,
  type Resets,
  type VirtualTime,
} from "backplane";
import { ISA, type Isa } from "backplane/plugins/isa/contract";
import { WATCHDOG, type Watchdogs } from "./contract.ts";
import { armAt, deadlineOf } from "./deadline.ts";

const PORT = 0x441;
/** Each register answers at two ports. */
const REGISTER_LENGTH = 2;
const START = 1;
const LONGEST_S = 30;
const STEP_S = 2;
const NS_PER_S = 1e9;

export const ib700Type = {
  name: "ib700",
  bus: "ISA",
  description: "iBASE 700",
  category: "watchdog",
  properties: {},
} satisfies DeviceType;

/** What a migration carries: when the time is over; all ones while it does not run. */
export interface Ib700State {
  deadline: bigint;
}

@injectable()
export class Ib700Device implements Device {
  readonly #timer: ClockTimer;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(ISA) private readonly isa: Isa,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RESETS) private readonly resets: Resets,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(WATCHDOG) watchdogs: Watchdogs,
  ) {
    this.#timer = clock.timer(() => watchdogs.expired(device.log));
  }

  realize(): void {
    const { device } = this;
    this.isa.plug({ device, ports: [{ base: PORT, region: this.#ports() }] });
    device.own(this.resets.add(() => this.#timer.cancel()));
    device.carry({
      kind: "captured",
      idstr: "ib700_wdt",
      version: 0,
      description: async () => (await import("./late/states.ts")).IB700,
      capture: (): Ib700State => ({ deadline: deadlineOf(this.#timer) }),
      restore: ({ deadline }) => armAt(this.#timer, deadline),
    });
    device.own(disposable(() => void this.#timer.dispose()));
  }

  /** A word is two bytes, of which the second counts only where it belongs to the same register. */
  #ports(): MemoryRegion {
    const ops: MemoryRegionOps = {
      valid: { min: 1, max: 4, unaligned: true },
      impl: { min: 1, max: 4, unaligned: true },
      read: (_offset, size) => 2 ** (8 * size) - 1,
      write: (offset, value, size) => {
        if (size === 4) return;
        this.#write(offset, value & 0xff);
        if (size === 2 && offset % REGISTER_LENGTH === 0) this.#write(offset + 1, value >>> 8);
      },
    };
    return this.regions.io("ib700", byteLength(2 * REGISTER_LENGTH), ops, { inPortList: true });
  }

  #write(offset: number, value: number): void {
    if (Math.trunc(offset / REGISTER_LENGTH) !== START) return this.#timer.cancel();
    const seconds = LONGEST_S - STEP_S * (value & 0x0f);
    this.#timer.arm((this.clock.now + seconds * NS_PER_S) as VirtualTime);
  }
}
