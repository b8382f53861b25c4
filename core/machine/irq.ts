/** An interrupt line: a level that somebody drives and somebody watches. */
export interface IrqLine {
  set(level: boolean): void;
}

/** The line that goes nowhere: a null object instead of a branch. */
export const UNCONNECTED: IrqLine = { set: () => undefined };
