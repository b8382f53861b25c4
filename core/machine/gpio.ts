import { UNCONNECTED, type IrqLine } from "./irq.ts";

/** Is told of a level that is driven on a pin. */
export type PinObserver = (pin: number, level: boolean) => void;

/** A pin that its device drives. What it leads to is soldered by the board. */
export interface OutputPin extends IrqLine {
  readonly level: boolean;
  /** What it leads to; `UNCONNECTED` where nobody has soldered anything. */
  readonly target: IrqLine;
  connect(target: IrqLine): void;
}

/** Pins that a device has under one name; `undefined` for those that need none. */
export interface PinList {
  readonly name: string | undefined;
  readonly inputs: readonly IrqLine[];
  readonly outputs: readonly OutputPin[];
}

/**
 * A device's pins, as the peer names and counts them. A device declares them while it is made; boards connect them, and
 * whoever tests a machine looks at them (`intercept…`) or drives them.
 */
export interface DeviceGpio {
  /** Adds inputs; `handler` is told of what arrives, even when the level is the old one. Numbers go on from those that are there. */
  inputs(name: string | undefined, count: number, handler: PinObserver): readonly IrqLine[];
  /** Adds outputs, for the device to `set`. */
  outputs(name: string | undefined, count: number): readonly OutputPin[];
  /** The list of that name; undefined when the device has none. */
  list(name: string | undefined): PinList | undefined;
  /** All lists, in order of declaration. */
  readonly lists: readonly PinList[];
  /** From now on the observer sees whatever arrives at any input, after the device. False when there are none. */
  interceptInputs(observer: PinObserver): boolean;
  /** From now on the observer sees what the device drives on the outputs of that name, after the far end. False when there are none. */
  interceptOutputs(name: string | undefined, observer: PinObserver): boolean;
}

class Input implements IrqLine {
  readonly #pin: number;
  readonly #handler: PinObserver;
  observer: PinObserver | undefined;

  constructor(pin: number, handler: PinObserver) {
    this.#pin = pin;
    this.#handler = handler;
  }

  set(level: boolean): void {
    this.#handler(this.#pin, level);
    this.observer?.(this.#pin, level);
  }
}

class Output implements OutputPin {
  readonly #pin: number;
  #target: IrqLine = UNCONNECTED;
  observer: PinObserver | undefined;
  level = false;

  constructor(pin: number) {
    this.#pin = pin;
  }

  get target(): IrqLine {
    return this.#target;
  }

  connect(target: IrqLine): void {
    this.#target = target;
    if (this.level) target.set(true);
  }

  set(level: boolean): void {
    this.level = level;
    this.#target.set(level);
    this.observer?.(this.#pin, level);
  }
}

interface Pins extends PinList {
  readonly inputs: Input[];
  readonly outputs: Output[];
}

/** The pins of one device. Most devices have none, and cost nothing. */
export class GpioPins implements DeviceGpio {
  #lists: Pins[] | undefined;

  get lists(): readonly PinList[] {
    return this.#lists ?? [];
  }

  list(name: string | undefined): PinList | undefined {
    return this.#lists?.find((pins) => pins.name === name);
  }

  inputs(name: string | undefined, count: number, handler: PinObserver): readonly IrqLine[] {
    const { inputs } = this.#make(name);
    const first = inputs.length;
    for (let pin = first; pin < first + count; pin++) inputs.push(new Input(pin, handler));
    return inputs.slice(first);
  }

  outputs(name: string | undefined, count: number): readonly OutputPin[] {
    const { outputs } = this.#make(name);
    const first = outputs.length;
    for (let pin = first; pin < first + count; pin++) outputs.push(new Output(pin));
    return outputs.slice(first);
  }

  interceptInputs(observer: PinObserver): boolean {
    const inputs = (this.#lists ?? []).flatMap((pins) => pins.inputs);
    for (const input of inputs) input.observer = observer;
    return this.#lists !== undefined;
  }

  interceptOutputs(name: string | undefined, observer: PinObserver): boolean {
    const pins = this.#lists?.find((each) => each.name === name);
    for (const output of pins?.outputs ?? []) output.observer = observer;
    return pins !== undefined;
  }

  #make(name: string | undefined): Pins {
    const lists = (this.#lists ??= []);
    const known = lists.find((pins) => pins.name === name);
    if (known !== undefined) return known;
    const pins: Pins = { name, inputs: [], outputs: [] };
    lists.push(pins);
    return pins;
  }
}
