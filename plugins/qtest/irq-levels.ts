/** Tells changes of level, each once: devices may drive a line to the level it has. */
export class IrqLevels {
  readonly #send: (text: string) => void;
  readonly #levels: boolean[] = [];

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** Another client sees all lines low at first. */
  clear(): void {
    this.#levels.length = 0;
  }

  changed(pin: number, level: boolean): void {
    if ((this.#levels[pin] ?? false) === level) return;
    this.#levels[pin] = level;
    this.#send(`IRQ ${level ? "raise" : "lower"} ${pin}`);
  }
}
