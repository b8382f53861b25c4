/** System interrupts: the lines between devices and interrupt controllers, and the APICs. */
import { token, type Disposable, type IrqLine } from "backplane";

/** Lines 0 to 23, as ACPI numbers global system interrupts; 0 to 15 are the ISA interrupts. */
export interface SystemInterrupts {
  readonly count: number;
  line(number: number): IrqLine;
  /** Hears of every change of a line's level: an interrupt controller. Told of the present levels at once. */
  connect(controller: (line: number, level: boolean) => void): Disposable;
}

export const SYSTEM_INTERRUPTS = token<SystemInterrupts>("SYSTEM_INTERRUPTS");
