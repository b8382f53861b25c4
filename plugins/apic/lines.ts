import { Registry, UNCONNECTED, type Disposable, type IrqLine } from "backplane";
import type { SystemInterrupts } from "./contract.ts";

const COUNT = 24;

/** Every line keeps its level; controllers see changes. */
export class InterruptBoard implements SystemInterrupts {
  readonly count = COUNT;
  readonly #levels = Array.from({ length: COUNT }, () => false);
  readonly #controllers = new Registry<(line: number, level: boolean) => void>();
  readonly #lines: readonly IrqLine[];

  constructor() {
    this.#lines = this.#levels.map((_, line) => ({ set: (level: boolean) => this.#set(line, level) }));
  }

  line(number: number): IrqLine {
    return this.#lines[number] ?? UNCONNECTED;
  }

  connect(controller: (line: number, level: boolean) => void): Disposable {
    for (const [line, level] of this.#levels.entries()) if (level) controller(line, level);
    return this.#controllers.add(controller);
  }

  #set(line: number, level: boolean): void {
    if (this.#levels[line] === level) return;
    this.#levels[line] = level;
    for (const controller of this.#controllers) controller(line, level);
  }
}
