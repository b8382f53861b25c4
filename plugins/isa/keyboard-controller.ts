// Keyboard controller: IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller"; Intel
// 8042. One byte at a time goes to the system: of the controller's own, of the keyboard, or of the mouse, in that order.
import {
  byteLength,
  type Clock,
  type ClockTimer,
  type Disposable,
  type IrqLine,
  type MemoryRegion,
  type MemoryRegions,
  type VirtualTime,
} from "backplane";
import type { Ps2Keyboard } from "./ps2-keyboard.ts";
import type { Ps2Mouse } from "./ps2-mouse.ts";

const STATUS = { output: 0x01, selfTest: 0x04, command: 0x08, unlocked: 0x10, mouse: 0x20 } as const;
const MODE = {
  keyboardInterrupt: 0x01,
  mouseInterrupt: 0x02,
  keyboardOff: 0x10,
  mouseOff: 0x20,
  translate: 0x40,
} as const;
const MODE_DEFAULT = MODE.keyboardInterrupt | MODE.mouseInterrupt;
const OUTPUT = { run: 0x01, a20: 0x02, keyboard: 0x10, mouse: 0x20, ones: 0xcc } as const;
const OUTPUT_DEFAULT = OUTPUT.run | OUTPUT.a20 | OUTPUT.ones;
const INPUT_PORT = 0x80;

const COMMAND = {
  readMode: 0x20,
  writeMode: 0x60,
  mouseOff: 0xa7,
  mouseOn: 0xa8,
  testMouse: 0xa9,
  selfTest: 0xaa,
  testKeyboard: 0xab,
  keyboardOff: 0xad,
  keyboardOn: 0xae,
  readInput: 0xc0,
  readOutput: 0xd0,
  writeOutput: 0xd1,
  /** The next byte comes back as if the keyboard, or the mouse, had said it. */
  echoKeyboard: 0xd2,
  echoMouse: 0xd3,
  toMouse: 0xd4,
  closeA20: 0xdd,
  openA20: 0xdf,
  pulse: 0xf0,
  reset: 0xfe,
  nothing: 0xff,
} as const;
const TESTED = { controller: 0x55, line: 0x00 } as const;

/** Who has a byte. Those of the devices stand where MODE switches the devices off. */
const PENDING = {
  controller: 0x04,
  controllerForMouse: 0x08,
  keyboard: MODE.keyboardOff,
  mouse: MODE.mouseOff,
} as const;
const KNOWN_PENDING = PENDING.controller | PENDING.controllerForMouse | PENDING.keyboard | PENDING.mouse;
type Source = "keyboard" | "mouse" | "controller";

/** After a byte of the keyboard's was read, a throttled keyboard is silent for so long. */
const THROTTLE_NS = 1_000_000;

/** What a migration carries. */
export interface KeyboardControllerState {
  /** The command whose parameter comes next; 0: none. */
  command: number;
  status: number;
  mode: number;
  pending: number;
  /** Undefined: what stands there by itself, which streams leave out. */
  outputPort: number | undefined;
  /** Undefined of a machine whose controller has no buffer of its own. */
  extended: ExtendedState | undefined;
}
export interface ExtendedState {
  flags: number;
  source: number;
  last: number;
  own: number;
}
/** Whose byte waits, by the peer's bits. */
const SOURCE = { keyboard: 1, mouse: 2, controller: 4 } as const satisfies { [S in Source]: number };
const THROTTLED = 1;

export interface KeyboardControllerParts {
  readonly keyboard: Ps2Keyboard;
  readonly mouse: Ps2Mouse;
  readonly keyboardInterrupt: IrqLine;
  readonly mouseInterrupt: IrqLine;
  /** Address line 20 is open. */
  readonly a20: IrqLine;
  readonly clock: Clock;
  /** The controller has a buffer of its own, and looks at what is switched off; otherwise it speaks through the devices. */
  readonly extended: boolean;
  readonly throttled: boolean;
  resetMachine(): void;
}

export class KeyboardController implements Disposable {
  readonly data: MemoryRegion;
  readonly command: MemoryRegion;
  readonly #parts: KeyboardControllerParts;
  readonly #throttle: ClockTimer | undefined;
  #status = 0;
  #mode = 0;
  #outputPort = 0;
  #pending = 0;
  /** The controller's own byte. */
  #own = 0;
  /** What was read last, and whose byte waits now. */
  #last = 0;
  #source: Source = "controller";
  /** The command whose parameter comes next. */
  #expected: number | undefined;

  constructor(regions: MemoryRegions, parts: KeyboardControllerParts) {
    this.#parts = parts;
    this.#throttle = parts.throttled
      ? parts.clock.timer(() => {
          if (this.#ready !== 0) this.#present();
        })
      : undefined;
    const impl = { min: 1, max: 1 } as const;
    this.data = regions.io("i8042-data", byteLength(1), {
      impl,
      read: () => this.#read(),
      write: (_offset, value) => this.#write(value),
    });
    this.command = regions.io("i8042-cmd", byteLength(1), {
      impl,
      read: () => this.#status,
      write: (_offset, value) => this.#execute(value),
    });
  }

  dispose(): void {
    void this.#throttle?.dispose();
  }

  /** A byte that was asked for stays asked for. */
  reset(): void {
    this.#mode = MODE_DEFAULT;
    this.#status = STATUS.command | STATUS.unlocked;
    this.#outputPort = OUTPUT_DEFAULT;
    this.#pending = 0;
    this.#withdraw();
    this.#throttle?.cancel();
  }

  captureState(): KeyboardControllerState {
    const { extended } = this.#parts;
    const isFull = (this.#status & STATUS.output) !== 0;
    return {
      command: this.#expected ?? 0,
      status: this.#status,
      mode: this.#mode,
      pending: extended ? this.#pending : this.#pending >> 4,
      outputPort: this.#outputPort === this.#outputDefault ? undefined : this.#outputPort,
      extended: extended
        ? {
            flags: this.#throttle?.deadline === undefined ? 0 : THROTTLED,
            source: isFull ? SOURCE[this.#source] : 0,
            last: this.#last,
            own: this.#own,
          }
        : undefined,
    };
  }

  restoreState({ command, status, mode, pending, outputPort, extended }: KeyboardControllerState): void {
    this.#expected = command === 0 ? undefined : command;
    this.#status = status;
    this.#mode = mode;
    this.#pending = (extended === undefined ? pending << 4 : pending) & KNOWN_PENDING;
    this.#outputPort = outputPort ?? this.#outputDefault;
    const { source, last, own, flags } = extended ?? { source: this.#sourceByStatus, last: 0, own: 0, flags: 0 };
    this.#source = source === SOURCE.keyboard ? "keyboard" : source === SOURCE.mouse ? "mouse" : "controller";
    this.#last = last;
    this.#own = own;
    if ((flags & THROTTLED) !== 0) this.#throttle?.arm((this.#parts.clock.now + THROTTLE_NS) as VirtualTime);
  }

  get #sourceByStatus(): number {
    return (this.#status & STATUS.mouse) !== 0 ? SOURCE.mouse : SOURCE.keyboard;
  }

  /** What the port shows by itself: who has a byte. */
  get #outputDefault(): number {
    const status = this.#status;
    const keyboard = (status & STATUS.output) === 0 ? 0 : OUTPUT.keyboard;
    const mouse = (status & STATUS.mouse) === 0 ? 0 : OUTPUT.mouse;
    return OUTPUT_DEFAULT | keyboard | mouse;
  }

  /** The line of a device: it has a byte, or none. */
  requests(device: "keyboard" | "mouse", level: boolean): void {
    const bit = PENDING[device];
    this.#pending = level ? this.#pending | bit : this.#pending & ~bit;
    this.#presentIfFree();
  }

  #execute(value: number): void {
    // Pulses of output bits: only bit 0 leads anywhere, to the processor's reset.
    const command = value >= COMMAND.pulse ? ((value & 1) === 0 ? COMMAND.reset : COMMAND.nothing) : value;
    switch (command) {
      case COMMAND.readMode:
        return this.#say(this.#mode);
      case COMMAND.writeMode:
      case COMMAND.writeOutput:
      case COMMAND.echoKeyboard:
      case COMMAND.echoMouse:
      case COMMAND.toMouse:
        this.#expected = command;
        return;
      case COMMAND.mouseOff:
        this.#mode |= MODE.mouseOff;
        return;
      case COMMAND.mouseOn:
        this.#mode &= ~MODE.mouseOff;
        return this.#presentIfFree();
      case COMMAND.keyboardOff:
        this.#mode |= MODE.keyboardOff;
        return;
      case COMMAND.keyboardOn:
        this.#mode &= ~MODE.keyboardOff;
        return this.#presentIfFree();
      case COMMAND.testMouse:
      case COMMAND.testKeyboard:
        return this.#say(TESTED.line);
      case COMMAND.selfTest:
        this.#status |= STATUS.selfTest;
        return this.#say(TESTED.controller);
      case COMMAND.readInput:
        return this.#say(INPUT_PORT);
      case COMMAND.readOutput:
        return this.#say(this.#outputPort);
      case COMMAND.closeA20:
        this.#parts.a20.set(false);
        this.#outputPort &= ~OUTPUT.a20;
        return;
      case COMMAND.openA20:
        this.#parts.a20.set(true);
        this.#outputPort |= OUTPUT.a20;
        return;
      case COMMAND.reset:
        return this.#parts.resetMachine();
      default:
      // A command that the controller does not know does nothing.
    }
  }

  #write(value: number): void {
    const command = this.#expected;
    this.#expected = undefined;
    switch (command) {
      case undefined:
        this.#parts.keyboard.write(value);
        // Who is spoken to may answer.
        this.#mode &= ~MODE.keyboardOff;
        return this.#presentIfFree();
      case COMMAND.toMouse:
        this.#parts.mouse.write(value);
        this.#mode &= ~MODE.mouseOff;
        return this.#presentIfFree();
      case COMMAND.writeMode:
        this.#mode = value;
        this.#parts.keyboard.translates = (value & MODE.translate) !== 0;
        this.#driveInterrupts();
        return this.#presentIfFree();
      case COMMAND.echoKeyboard:
        return this.#say(value);
      case COMMAND.echoMouse:
        return this.#say(value, true);
      default:
        this.#outputPort = value;
        this.#parts.a20.set((value & OUTPUT.a20) !== 0);
        if ((value & OUTPUT.run) === 0) this.#parts.resetMachine();
    }
  }

  #read(): number {
    if ((this.#status & STATUS.output) === 0) return this.#last;
    this.#withdraw();
    this.#last = this.#take();
    return this.#last;
  }

  #take(): number {
    const { keyboard, mouse, clock } = this.#parts;
    if (this.#source === "keyboard") {
      this.#throttle?.arm((clock.now + THROTTLE_NS) as VirtualTime);
      return keyboard.queue.read();
    }
    if (this.#source === "mouse") return mouse.queue.read();
    const byte = this.#own;
    this.#pending &= ~(PENDING.controller | PENDING.controllerForMouse);
    if (this.#ready !== 0) this.#present();
    return byte;
  }

  #say(byte: number, asMouse = false): void {
    if (!this.#parts.extended) {
      this.#parts[asMouse ? "mouse" : "keyboard"].queue.push(byte);
      return;
    }
    this.#own = byte;
    this.#pending &= ~(PENDING.controller | PENDING.controllerForMouse);
    this.#pending |= asMouse ? PENDING.controllerForMouse : PENDING.controller;
    this.#presentIfFree();
  }

  /** What may be presented now. */
  get #ready(): number {
    const off = this.#parts.extended ? this.#mode & (PENDING.keyboard | PENDING.mouse) : 0;
    return this.#pending & ~off;
  }

  #presentIfFree(): void {
    // Reading what stands there brings the next one; so does the end of the silence.
    if ((this.#status & STATUS.output) !== 0 || this.#throttle?.deadline !== undefined) return;
    if (this.#ready !== 0) this.#present();
  }

  #present(): void {
    const ready = this.#ready;
    let forMouse = false;
    if ((ready & PENDING.controller) !== 0) this.#source = "controller";
    else if ((ready & PENDING.controllerForMouse) !== 0) {
      this.#source = "controller";
      forMouse = true;
    } else if ((ready & PENDING.keyboard) !== 0) this.#source = "keyboard";
    else {
      this.#source = "mouse";
      forMouse = true;
    }
    this.#status = (this.#status & ~STATUS.mouse) | STATUS.output | (forMouse ? STATUS.mouse : 0);
    this.#outputPort = (this.#outputPort & ~OUTPUT.mouse) | OUTPUT.keyboard | (forMouse ? OUTPUT.mouse : 0);
    this.#driveInterrupts();
  }

  #withdraw(): void {
    this.#status &= ~(STATUS.output | STATUS.mouse);
    this.#outputPort &= ~(OUTPUT.keyboard | OUTPUT.mouse);
    this.#driveInterrupts();
  }

  #driveInterrupts(): void {
    const isFull = (this.#status & STATUS.output) !== 0;
    const forMouse = (this.#status & STATUS.mouse) !== 0;
    const isOn = (this.#mode & (MODE.keyboardInterrupt | MODE.keyboardOff)) === MODE.keyboardInterrupt;
    this.#parts.keyboardInterrupt.set(isFull && !forMouse && isOn);
    this.#parts.mouseInterrupt.set(isFull && forMouse && (this.#mode & MODE.mouseInterrupt) !== 0);
  }
}
