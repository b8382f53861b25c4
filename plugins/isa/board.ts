import type { Cmos } from "./contract.ts";
import type { Pic } from "./pic.ts";
import type { RealTimeClock } from "./rtc.ts";
import type { IntervalTimer } from "./timer.ts";

/** What the board's devices share: they are made one by one, and some look at each other. */
export class IsaBoard implements Cmos {
  clock: RealTimeClock | undefined;
  timer: IntervalTimer | undefined;
  keyboard: boolean = false;
  readonly pics: { master: Pic | undefined; slave: Pic | undefined } = { master: undefined, slave: undefined };

  get(index: number): number {
    return this.clock?.get(index) ?? 0xff;
  }

  set(index: number, value: number): void {
    this.clock?.set(index, value);
  }

  /** An interrupt line of the system changed: inputs 0 to 7 are the first controller's, the others the second's. */
  interrupt(line: number, level: boolean): void {
    if (line < 8) this.pics.master?.set(line, level);
    else if (line < 16) this.pics.slave?.set(line - 8, level);
  }

  /** The second controller's output leads to the first one's input 2. */
  cascade(): void {
    const { master, slave } = this.pics;
    if (slave !== undefined) master?.set(2, slave.output);
  }
}
