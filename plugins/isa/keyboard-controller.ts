// Keyboard controller: IBM PC/AT Technical Reference §1 "Keyboard Controller" and "Keyboard"; Intel 8042. A keyboard and a
// mouse are attached; nobody presses anything.
import { byteLength, type IrqLine, type MemoryRegion, type MemoryRegions } from "backplane";

const STATUS = { output: 0x01, selfTest: 0x04, command: 0x08, unlocked: 0x10, mouse: 0x20 } as const;
const MODE = {
  keyboardInterrupt: 0x01,
  mouseInterrupt: 0x02,
  system: 0x04,
  keyboardOff: 0x10,
  mouseOff: 0x20,
} as const;
const MODE_DEFAULT = MODE.keyboardInterrupt | MODE.mouseInterrupt;
const OUTPUT = { reset: 0x01, a20: 0x02 } as const;
const OUTPUT_DEFAULT = 0xcf;
const ACKNOWLEDGE = 0xfa;
const SELF_TEST_PASSED = 0xaa;

/** Commands with a parameter, by what the next data byte means. */
type Expectation = "mode" | "output-port" | "keyboard-output" | "mouse-output" | "mouse";

export interface KeyboardControllerLines {
  readonly keyboard: IrqLine;
  readonly mouse: IrqLine;
  resetMachine(): void;
}

export class KeyboardController {
  readonly data: MemoryRegion;
  readonly command: MemoryRegion;
  readonly #lines: KeyboardControllerLines;
  readonly #queue: { readonly byte: number; readonly mouse: boolean }[] = [];
  #status = 0;
  #mode = 0;
  #outputPort = 0;
  #last = 0;
  #expected: Expectation | undefined;
  /** The keyboard or mouse command whose parameter comes next. */
  #keyboardParameter = false;
  #mouseParameter = false;

  constructor(regions: MemoryRegions, lines: KeyboardControllerLines) {
    this.#lines = lines;
    const impl = { min: 1, max: 1 } as const;
    this.data = regions.io("i8042-data", byteLength(1), {
      impl,
      read: () => this.#readData(),
      write: (_offset, value) => this.#writeData(value),
    });
    this.command = regions.io("i8042-cmd", byteLength(1), {
      impl,
      read: () => this.#status,
      write: (_offset, value) => this.#execute(value),
    });
    this.reset();
  }

  reset(): void {
    this.#queue.length = 0;
    this.#status = STATUS.command | STATUS.unlocked;
    this.#mode = MODE_DEFAULT;
    this.#outputPort = OUTPUT_DEFAULT;
    this.#last = 0;
    this.#expected = undefined;
    this.#keyboardParameter = false;
    this.#mouseParameter = false;
    this.#update();
  }

  #execute(command: number): void {
    switch (command) {
      case 0x20:
        return this.#answer(this.#mode);
      case 0x60:
        this.#expected = "mode";
        return;
      case 0xa7:
        this.#mode |= MODE.mouseOff;
        return;
      case 0xa8:
        this.#mode &= ~MODE.mouseOff;
        return;
      case 0xa9:
      case 0xab:
        return this.#answer(0x00);
      case 0xaa:
        this.#status |= STATUS.selfTest;
        return this.#answer(0x55);
      case 0xad:
        this.#mode |= MODE.keyboardOff;
        return this.#update();
      case 0xae:
        this.#mode &= ~MODE.keyboardOff;
        return this.#update();
      case 0xc0:
        return this.#answer(0x80);
      case 0xd0:
        return this.#answer(this.#outputPort);
      case 0xd1:
        this.#expected = "output-port";
        return;
      case 0xd2:
        this.#expected = "keyboard-output";
        return;
      case 0xd3:
        this.#expected = "mouse-output";
        return;
      case 0xd4:
        this.#expected = "mouse";
        return;
      case 0xdd:
        this.#outputPort &= ~OUTPUT.a20;
        return;
      case 0xdf:
        this.#outputPort |= OUTPUT.a20;
        return;
      case 0xfe:
        return this.#lines.resetMachine();
      default:
        // Pulses of output bits: only bit 0 leads anywhere.
        if (command >= 0xf0 && (command & OUTPUT.reset) === 0) this.#lines.resetMachine();
    }
  }

  #writeData(value: number): void {
    const expected = this.#expected;
    this.#expected = undefined;
    switch (expected) {
      case "mode":
        this.#mode = value;
        return this.#update();
      case "output-port":
        this.#outputPort = value;
        if ((value & OUTPUT.reset) === 0) this.#lines.resetMachine();
        return;
      case "keyboard-output":
        return this.#enqueue(false, value);
      case "mouse-output":
        return this.#enqueue(true, value);
      case "mouse":
        return this.#toMouse(value);
      case undefined:
        this.#mode &= ~MODE.keyboardOff;
        return this.#toKeyboard(value);
    }
  }

  #readData(): number {
    const next = this.#queue.shift();
    if (next !== undefined) this.#last = next.byte;
    this.#update();
    return this.#last;
  }

  #toKeyboard(value: number): void {
    if (this.#keyboardParameter) {
      this.#keyboardParameter = false;
      return this.#enqueue(false, ACKNOWLEDGE);
    }
    switch (value) {
      case 0xee:
        return this.#enqueue(false, 0xee);
      case 0xf2:
        return this.#enqueue(false, ACKNOWLEDGE, 0xab, 0x83);
      case 0xed:
      case 0xf0:
      case 0xf3:
        this.#keyboardParameter = true;
        return this.#enqueue(false, ACKNOWLEDGE);
      case 0xff:
        this.#dropQueued(false);
        return this.#enqueue(false, ACKNOWLEDGE, SELF_TEST_PASSED);
      default:
        return this.#enqueue(false, ACKNOWLEDGE);
    }
  }

  #toMouse(value: number): void {
    if (this.#mouseParameter) {
      this.#mouseParameter = false;
      return this.#enqueue(true, ACKNOWLEDGE);
    }
    switch (value) {
      case 0xe8:
      case 0xf3:
        this.#mouseParameter = true;
        return this.#enqueue(true, ACKNOWLEDGE);
      case 0xe9:
        return this.#enqueue(true, ACKNOWLEDGE, 0x00, 0x02, 0x64);
      case 0xf2:
        return this.#enqueue(true, ACKNOWLEDGE, 0x00);
      case 0xff:
        this.#dropQueued(true);
        return this.#enqueue(true, ACKNOWLEDGE, SELF_TEST_PASSED, 0x00);
      default:
        return this.#enqueue(true, ACKNOWLEDGE);
    }
  }

  #answer(byte: number): void {
    this.#enqueue(false, byte);
  }

  #enqueue(mouse: boolean, ...bytes: readonly number[]): void {
    for (const byte of bytes) this.#queue.push({ byte, mouse });
    this.#update();
  }

  #dropQueued(mouse: boolean): void {
    const kept = this.#queue.filter((entry) => entry.mouse !== mouse);
    this.#queue.splice(0, this.#queue.length, ...kept);
  }

  /** Status bits and interrupts follow the head of the queue. */
  #update(): void {
    const next = this.#queue[0];
    this.#status &= ~(STATUS.output | STATUS.mouse);
    if (next !== undefined) this.#status |= STATUS.output | (next.mouse ? STATUS.mouse : 0);
    const keyboard = next !== undefined && !next.mouse;
    this.#lines.keyboard.set(
      keyboard && (this.#mode & MODE.keyboardInterrupt) !== 0 && (this.#mode & MODE.keyboardOff) === 0,
    );
    this.#lines.mouse.set(next?.mouse === true && (this.#mode & MODE.mouseInterrupt) !== 0);
  }
}
