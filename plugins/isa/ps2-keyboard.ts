// Keyboard: IBM PS/2 Hardware Interface Technical Reference, "Keyboard (101/102-Key)".
import type { IrqLine } from "backplane";
import { Ps2Queue, type Ps2QueueState } from "./ps2-queue.ts";
import { scanCode, translated, type ScanCodeSet } from "./scan-codes.ts";

const COMMAND = {
  leds: 0xed,
  echo: 0xee,
  scanCodeSet: 0xf0,
  id: 0xf2,
  rate: 0xf3,
  enable: 0xf4,
  disable: 0xf5,
  defaults: 0xf6,
  allTypematic: 0xfa,
  makeBreak: 0xfc,
  reset: 0xff,
} as const;
const REPLY = { passed: 0xaa, acknowledge: 0xfa, resend: 0xfe, id: 0xab, echo: 0xee } as const;
/** The second byte of the identification; a controller that translates translates it. */
const ID = { plain: 0x83, translated: 0x41 } as const;
const BREAK = 0xf0;
const BREAK_BIT = 0x80;

type Modifier = "ctrl" | "ctrl_r" | "shift" | "shift_r" | "alt" | "alt_r";
const MODIFIERS: readonly string[] = ["ctrl", "ctrl_r", "shift", "shift_r", "alt", "alt_r"] satisfies Modifier[];
/** Korean keys that say when they are pressed, and nothing when they are let go. */
const MAKE_ONLY: readonly string[] = ["lang1", "lang2"];

/** Two keys say different things with others held down: pressed, and let go, in sets 1 and 2. */
interface Special {
  readonly down: readonly number[];
  readonly up: readonly number[];
}
type SpecialCodes = { readonly [S in 1 | 2]: Special };

const PAUSE: SpecialCodes = {
  1: { down: [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], up: [] },
  2: { down: [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77], up: [] },
};
const PAUSE_WITH_CTRL: SpecialCodes = {
  1: { down: [0xe0, 0x46, 0xe0, 0xc6], up: [] },
  2: { down: [0xe0, 0x7e, 0xe0, 0xf0, 0x7e], up: [] },
};
const PRINT: SpecialCodes = {
  1: { down: [0xe0, 0x2a, 0xe0, 0x37], up: [0xe0, 0xb7, 0xe0, 0xaa] },
  2: { down: [0xe0, 0x12, 0xe0, 0x7c], up: [0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12] },
};
const PRINT_WITH_SHIFT: SpecialCodes = {
  1: { down: [0xe0, 0x37], up: [0xe0, 0xb7] },
  2: { down: [0xe0, 0x7c], up: [0xe0, 0xf0, 0x7c] },
};
const PRINT_WITH_ALT: SpecialCodes = {
  1: { down: [0xb8, 0x38, 0x54], up: [0xd4, 0xb8, 0x38] },
  2: { down: [0xf0, 0x11, 0x11, 0x84], up: [0xf0, 0x84, 0xf0, 0x11, 0x11] },
};
const PRINT_WITH_RIGHT_ALT: SpecialCodes = {
  1: { down: [0xe0, 0xb8, 0xe0, 0x38, 0x54], up: [0xd4, 0xe0, 0xb8, 0xe0, 0x38] },
  2: {
    down: [0xe0, 0xf0, 0x11, 0xe0, 0x11, 0x84],
    up: [0xf0, 0x84, 0xe0, 0xf0, 0x11, 0xe0, 0x11],
  },
};

/** What a migration carries. */
export interface Ps2KeyboardState {
  readonly common: Ps2CommonState;
  scanning: number;
  translates: number;
  set: number;
  leds: number;
  breaking: boolean;
}
export interface Ps2CommonState {
  /** The command whose parameter comes next; -1: none. */
  command: number;
  readonly queue: Ps2QueueState;
}

export class Ps2Keyboard {
  readonly queue: Ps2Queue;
  /** The controller turns set 2 into set 1. */
  translates = false;
  /** Scroll lock, number lock, capitals: bits 0 to 2. */
  leds = 0;
  #isScanning = true;
  #set: ScanCodeSet = 2;
  #command: number | undefined;
  /** A break prefix has been swallowed: the next code gets the bit instead. */
  #isBreaking = false;
  readonly #held = new Set<string>();

  constructor(line: IrqLine) {
    this.queue = new Ps2Queue(line);
  }

  /** The machine's reset. */
  reset(): void {
    this.#command = undefined;
    this.queue.clear();
    this.#isScanning = true;
    this.translates = false;
    this.#set = 2;
    this.#held.clear();
  }

  captureState(): Ps2KeyboardState {
    return {
      common: { command: this.#command ?? -1, queue: this.queue.captureState() },
      scanning: Number(this.#isScanning),
      translates: Number(this.translates),
      set: this.#set,
      leds: this.leds,
      breaking: this.#isBreaking,
    };
  }

  restoreState({ common, scanning, translates, set, leds, breaking }: Ps2KeyboardState): void {
    this.#command = common.command === -1 ? undefined : common.command;
    this.queue.restoreState(common.queue);
    this.#isScanning = scanning !== 0;
    this.translates = translates !== 0;
    this.#set = set === 1 || set === 3 ? set : 2;
    this.leds = leds;
    this.#isBreaking = breaking;
  }

  /** A byte from the controller. */
  write(value: number): void {
    this.queue.dropReplies();
    const command = this.#command;
    this.#command = undefined;
    if (command === undefined) this.#execute(value);
    else this.#complete(command, value);
  }

  /** A key goes down or up; nothing is said of it while scanning is off. */
  key(name: string, down: boolean): void {
    if (!this.#isScanning) return;
    if (MODIFIERS.includes(name)) {
      if (down) this.#held.add(name);
      else this.#held.delete(name);
    }
    const set = this.#set;
    const special = set === 3 ? undefined : this.#special(name)?.[set];
    if (special !== undefined) {
      for (const code of down ? special.down : special.up) this.#put(code);
      return;
    }
    const code = scanCode(name, set);
    if (code === 0 || (set !== 3 && !down && MAKE_ONLY.includes(name))) return;
    if (set !== 3 && code > 0xff) this.#put(code >> 8);
    if (!down && set !== 1) this.#put(BREAK);
    this.#put((code & 0xff) | (!down && set === 1 ? BREAK_BIT : 0));
  }

  #special(name: string): SpecialCodes | undefined {
    const holds = (...modifiers: readonly Modifier[]): boolean => modifiers.some((key) => this.#held.has(key));
    if (name === "pause") return holds("ctrl", "ctrl_r") ? PAUSE_WITH_CTRL : PAUSE;
    if (name !== "print") return undefined;
    if (holds("alt")) return PRINT_WITH_ALT;
    if (holds("alt_r")) return PRINT_WITH_RIGHT_ALT;
    return holds("shift", "ctrl", "shift_r", "ctrl_r") ? PRINT_WITH_SHIFT : PRINT;
  }

  #put(code: number): void {
    if (!this.translates) this.queue.push(code);
    else if (code === BREAK) this.#isBreaking = true;
    else {
      this.queue.push(translated(code) | (this.#isBreaking ? BREAK_BIT : 0));
      this.#isBreaking = false;
    }
  }

  #execute(command: number): void {
    const { queue } = this;
    switch (command) {
      case COMMAND.echo:
        return queue.reply(REPLY.echo);
      case COMMAND.id:
        return queue.reply(REPLY.acknowledge, REPLY.id, this.translates ? ID.translated : ID.plain);
      case COMMAND.leds:
      case COMMAND.scanCodeSet:
      case COMMAND.rate:
      case COMMAND.makeBreak:
        this.#command = command;
        return queue.reply(REPLY.acknowledge);
      case COMMAND.enable:
        this.#isScanning = true;
        return queue.reply(REPLY.acknowledge);
      case COMMAND.disable:
        this.#restoreDefaults(false);
        return queue.reply(REPLY.acknowledge);
      case COMMAND.defaults:
        this.#restoreDefaults(true);
        return queue.reply(REPLY.acknowledge);
      case COMMAND.reset:
        this.#restoreDefaults(true);
        return queue.reply(REPLY.acknowledge, REPLY.passed);
      // Nothing that a keyboard would know; systems probe with it.
      case 0x00:
      case COMMAND.allTypematic:
        return queue.reply(REPLY.acknowledge);
      default:
        return queue.reply(REPLY.resend);
    }
  }

  #complete(command: number, value: number): void {
    const { queue } = this;
    if (command === COMMAND.leds) this.leds = value;
    if (command !== COMMAND.scanCodeSet) return queue.reply(REPLY.acknowledge);
    if (value === 0) return queue.reply(REPLY.acknowledge, this.translates ? translated(this.#set) : this.#set);
    if (value !== 1 && value !== 2 && value !== 3) return queue.reply(REPLY.resend);
    this.#set = value;
    queue.reply(REPLY.acknowledge);
  }

  #restoreDefaults(scanning: boolean): void {
    this.#isScanning = scanning;
    this.#set = 2;
    this.queue.clear();
    this.leds = 0;
  }
}
