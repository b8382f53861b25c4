// Configuration and lock register of the watchdog: 6300ESB datasheet (300641) §16.2. As in the peer they answer accesses
// of their own width only; other accesses find plain bytes there.
import type { PciConfigSpace } from "backplane/plugins/pci/contract";
import type { TwoStageTimer } from "./two-stage-timer.ts";

const CONFIGURATION = 0x60;
const LOCK = 0x68;
const CONFIGURATION_BIT = { noReboot: 0x20, fast: 0x04, interruptType: 0x11 } as const;
const LOCK_BIT = { freeRunning: 0x04, enabled: 0x02, locked: 0x01 } as const;
const PLAIN_AT = [CONFIGURATION, CONFIGURATION + 1, LOCK] as const;

export class WatchdogConfig {
  readonly #timer: TwoStageTimer;
  /** The bytes at `PLAIN_AT`; configuration space shows them, or the registers, as the present access asks. */
  readonly #plain = new Uint8Array(PLAIN_AT.length);

  constructor(timer: TwoStageTimer) {
    this.#timer = timer;
  }

  reading(config: PciConfigSpace, offset: number, size: number): void {
    this.showPlain(config);
    if (offset === CONFIGURATION && size === 2) config.set16(CONFIGURATION, this.#configuration);
    else if (offset === LOCK && size === 1) config.set8(LOCK, this.#lock);
  }

  written(config: PciConfigSpace, offset: number, size: number, value: number): void {
    if (offset === CONFIGURATION && size === 2) this.#configure(value);
    else if (offset === LOCK && size === 1) this.#setLock(value);
    else
      for (const [index, at] of PLAIN_AT.entries())
        if (at >= offset && at < offset + size) this.#plain[index] = config.get8(at);
    this.showPlain(config);
  }

  /** Configuration space came from elsewhere. */
  adopt(config: PciConfigSpace): void {
    for (const [index, at] of PLAIN_AT.entries()) this.#plain[index] = config.get8(at);
  }

  showPlain(config: PciConfigSpace): void {
    for (const [index, at] of PLAIN_AT.entries()) config.set8(at, this.#plain[index] ?? 0);
  }

  get #configuration(): number {
    const { reboots, fast, interruptType } = this.#timer;
    return (reboots ? 0 : CONFIGURATION_BIT.noReboot) | (fast ? CONFIGURATION_BIT.fast : 0) | interruptType;
  }

  get #lock(): number {
    const { freeRunning, enabled, locked } = this.#timer;
    return (freeRunning ? LOCK_BIT.freeRunning : 0) | (enabled ? LOCK_BIT.enabled : 0) | (locked ? LOCK_BIT.locked : 0);
  }

  #configure(value: number): void {
    const timer = this.#timer;
    timer.reboots = (value & CONFIGURATION_BIT.noReboot) === 0;
    timer.fast = (value & CONFIGURATION_BIT.fast) !== 0;
    timer.interruptType = value & CONFIGURATION_BIT.interruptType;
  }

  /** Locked, it stays as it is until a reset. */
  #setLock(value: number): void {
    const timer = this.#timer;
    if (timer.locked) return;
    timer.locked = (value & LOCK_BIT.locked) !== 0;
    timer.freeRunning = (value & LOCK_BIT.freeRunning) !== 0;
    timer.enable((value & LOCK_BIT.enabled) !== 0);
  }
}
