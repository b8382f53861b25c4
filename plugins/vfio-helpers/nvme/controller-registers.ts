// A controller's registers as its driver uses them: NVM Express 1.4 §3.1.
import type { VfioMappedRegion, VfioTime } from "../contract.ts";
import { CC_CQ_ENTRY_16, CC_ENABLE, CC_SQ_ENTRY_64, CSTS_FATAL, CSTS_READY, REGISTER } from "../nvm-express.ts";
import { nvmeFailure } from "./failure.ts";
import { QUEUE_ENTRIES } from "./queue-pair.ts";

const TIMEOUT_UNIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** CAP.MPSMIN beyond 64 KiB: lists of pages would be out of proportion. */
const LARGEST_PAGE_SHIFT = 4;
const ALL_ONES = 0xffff_ffff;

export class ControllerRegisters {
  readonly pageSize: number;
  /** Of doorbells, as a power of two of four bytes. */
  readonly stride: number;
  /** Of a queue, at most. */
  readonly entries: number;
  /** Milliseconds after which it is not waited for any more. */
  readonly timeout: number;
  readonly #bar: VfioMappedRegion;
  readonly #time: VfioTime;

  /** Throws where the controller is of a kind that cannot be driven. */
  constructor(bar: VfioMappedRegion, time: VfioTime) {
    this.#bar = bar;
    this.#time = time;
    const low = bar.read(REGISTER.cap, 4);
    const high = bar.read(REGISTER.cap + 4, 4);
    if (((high >>> 5) & 0xff) === 0) throw nvmeFailure("Device doesn't support NVMe command set");
    const pageShift = (high >>> 16) & 0xf;
    if (pageShift > LARGEST_PAGE_SHIFT) throw nvmeFailure(`Device needs memory pages of 2^${12 + pageShift} bytes`);
    this.pageSize = 4096 << pageShift;
    this.stride = high & 0xf;
    this.timeout = Math.min(TIMEOUT_UNIT_MS * (low >>> 24), LONGEST_WAIT_MS);
    this.entries = Math.min(QUEUE_ENTRIES, (low & 0xffff) + 1);
  }

  disable(): void {
    this.#bar.write(REGISTER.cc, 4, (this.#bar.read(REGISTER.cc, 4) & ~CC_ENABLE) >>> 0);
    this.#waitFor(false, "reset");
  }

  /** With the rings of its admin queues. */
  enable(rings: { readonly submissionsIova: number; readonly completionsIova: number }): void {
    this.#bar.write(REGISTER.aqa, 4, (this.entries - 1) * 0x10001);
    this.#writeWide(REGISTER.asq, rings.submissionsIova);
    this.#writeWide(REGISTER.acq, rings.completionsIova);
    this.#bar.write(REGISTER.cc, 4, CC_CQ_ENTRY_16 | CC_SQ_ENTRY_64 | CC_ENABLE);
    this.#waitFor(true, "start");
  }

  /** The controller says so, or is not there any more. */
  get isFatal(): boolean {
    const status = this.#bar.read(REGISTER.csts, 4);
    return status === ALL_ONES || (status & CSTS_FATAL) !== 0;
  }

  #waitFor(ready: boolean, what: string): void {
    const deadline = this.#time.now() + this.timeout;
    while (((this.#bar.read(REGISTER.csts, 4) & CSTS_READY) !== 0) !== ready) {
      if (this.#time.now() > deadline) {
        throw nvmeFailure(`Timeout while waiting for device to ${what} (${this.timeout} ms)`);
      }
      this.#time.pause();
    }
  }

  #writeWide(offset: number, value: number): void {
    this.#bar.write(offset, 4, value % 2 ** 32);
    this.#bar.write(offset + 4, 4, Math.floor(value / 2 ** 32));
  }
}
