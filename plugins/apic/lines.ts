import { disposable, UNCONNECTED, type Disposable, type IrqLine } from "backplane";
import type { SystemInterrupts } from "./contract.ts";

const COUNT = 24;

/** Every line keeps its level; controllers see what is driven, even to the level that is there. */
export class InterruptBoard implements SystemInterrupts {
  readonly count = COUNT;
  readonly #levels = Array.from({ length: COUNT }, () => false);
  // Replaced when it changes: a line is driven far more often than a controller comes.
  #controllers: readonly ((line: number, level: boolean) => void)[] = [];
  readonly #lines: readonly IrqLine[];

  constructor() {
    this.#lines = this.#levels.map((_, line) => ({ set: (level: boolean) => this.#set(line, level) }));
  }

  line(number: number): IrqLine {
    return this.#lines[number] ?? UNCONNECTED;
  }

  connect(controller: (line: number, level: boolean) => void): Disposable {
    for (const [line, level] of this.#levels.entries()) if (level) controller(line, level);
    this.#controllers = [...this.#controllers, controller];
    return disposable(() => {
      this.#controllers = this.#controllers.filter((other) => other !== controller);
    });
  }

  #set(line: number, level: boolean): void {
    this.#levels[line] = level;
    for (const controller of this.#controllers) controller(line, level);
  }
}
