import { UNCONNECTED, type DeviceGpio, type IrqLine } from "backplane";
import { InputCounts, type LocalApics } from "backplane/plugins/apic/contract";
import type { Cmos } from "./contract.ts";
import { CASCADE, type Pic } from "./pic.ts";
import type { RealTimeClock } from "./rtc.ts";
import type { IntervalTimer } from "./timer.ts";

/** What the board's devices share: they are made one by one, and some look at each other. */
export class IsaBoard implements Cmos {
  /** Of both controllers. */
  readonly #inputs: IrqLine[] = [];
  readonly #counts = new InputCounts(16);
  clock: RealTimeClock | undefined;
  timer: IntervalTimer | undefined;
  /** Where the devices that others are linked with stand in the object tree. */
  readonly paths: { timer: string; keyboard: string } = { timer: "", keyboard: "" };
  keyboard: boolean = false;
  /** Port 92's end of the address line's gate. */
  gate: IrqLine = UNCONNECTED;
  readonly pics: { master: Pic | undefined; slave: Pic | undefined } = { master: undefined, slave: undefined };

  get(index: number): number {
    return this.clock?.get(index) ?? 0xff;
  }

  set(index: number, value: number): void {
    this.clock?.set(index, value);
  }

  get date(): Date | undefined {
    return this.clock?.date;
  }

  /** An interrupt line of the system changed: inputs 0 to 7 are the first controller's, the others the second's. */
  interrupt(line: number, level: boolean): void {
    this.#inputs[line]?.set(level);
  }

  /** How often each input of both was raised. */
  get counts(): Uint32Array {
    return this.#counts.counts;
  }

  /** After what drives them: an edge that a device makes at its reset is no request. */
  resetControllers(): void {
    this.pics.master?.reset();
    this.pics.slave?.reset();
  }

  /** A controller comes: the first drives the processors, the second the first one's input 2. */
  connect(pic: Pic, gpio: DeviceGpio, localApics: LocalApics): void {
    const first = pic.isMaster ? 0 : 8;
    const inputs = gpio.inputs(undefined, 8, (input, level) => {
      this.#counts.set(first + input, level);
      pic.set(input, level);
    });
    const [output] = gpio.list(undefined)?.outputs ?? [];
    if (pic.isMaster) {
      this.pics.master = pic;
      output?.connect(localApics.connectExternal(pic));
      for (const [input, line] of inputs.entries()) this.#inputs[input] = line;
      return;
    }
    this.pics.slave = pic;
    const cascade = this.#inputs[CASCADE];
    if (cascade !== undefined) output?.connect(cascade);
    for (const [input, line] of inputs.entries()) this.#inputs[8 + input] = line;
  }
}
