// Mouse: IBM PS/2 Hardware Interface Technical Reference, "Mouse"; with a wheel and more buttons: Microsoft's IntelliMouse
// protocols, which a driver unlocks by a sequence of sample rates.
import type { IrqLine } from "backplane";
import type { InputAxis, InputButton } from "backplane/plugins/input/contract";
import type { Ps2CommonState } from "./ps2-keyboard.ts";
import { Ps2Queue } from "./ps2-queue.ts";

const COMMAND = {
  scale11: 0xe6,
  scale21: 0xe7,
  resolution: 0xe8,
  status: 0xe9,
  stream: 0xea,
  poll: 0xeb,
  endWrap: 0xec,
  wrap: 0xee,
  remote: 0xf0,
  type: 0xf2,
  sampleRate: 0xf3,
  enable: 0xf4,
  disable: 0xf5,
  defaults: 0xf6,
  reset: 0xff,
} as const;
const ACKNOWLEDGE = 0xfa;
const PASSED = 0xaa;
const STATUS = { scale21: 0x10, enabled: 0x20, remote: 0x40 } as const;
const DEFAULTS = { sampleRate: 100, resolution: 2 } as const;
const BUTTONS: { readonly [B in InputButton]?: number } = { left: 1, right: 2, middle: 4, side: 8, extra: 16 };
/** Type as the mouse names itself. */
const TYPE = { plain: 0, wheel: 3, fiveButtons: 4 } as const;
type MouseType = (typeof TYPE)[keyof typeof TYPE];
/** Sample rates that unlock a type. */
const UNLOCK: readonly { readonly rates: readonly number[]; readonly type: MouseType }[] = [
  { rates: [200, 100, 80], type: TYPE.wheel },
  { rates: [200, 200, 80], type: TYPE.fiveButtons },
];
const LARGEST_STEP = 127;
const PACKET = { always: 0x08, xSign: 0x10, ySign: 0x20, buttons: 0x07 } as const;

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

/** What a migration carries; a wheel's tilt is not among it. */
export interface Ps2MouseState {
  readonly common: Ps2CommonState;
  status: number;
  resolution: number;
  sampleRate: number;
  echoes: number;
  type: number;
  /** How far the sequence of sample rates has come that unlocks a type. */
  unlocking: number;
  x: number;
  y: number;
  wheel: number;
  buttons: number;
}

/** Sequences of sample rates so far, by the peer's numbers. */
const UNLOCKING: readonly (readonly number[])[] = [[], [200], [200, 100], [200, 200]];

export class Ps2Mouse {
  readonly queue: Ps2Queue;
  readonly #moved = { x: 0, y: 0, wheel: 0, tilt: 0 };
  #buttons = 0;
  #status = 0;
  #resolution = 0;
  #sampleRate = 0;
  #type: MouseType = TYPE.plain;
  #echoes = false;
  #command: number | undefined;
  /** The last rates, as far as they may unlock something. */
  #rates: number[] = [];

  constructor(line: IrqLine) {
    this.queue = new Ps2Queue(line);
  }

  /** The machine's reset: as before the mouse has introduced itself. */
  reset(): void {
    this.#command = undefined;
    this.queue.clear();
    this.#status = 0;
    this.#resolution = 0;
    this.#sampleRate = 0;
    this.#echoes = false;
    this.#type = TYPE.plain;
    this.#rates = [];
    this.#buttons = 0;
    Object.assign(this.#moved, { x: 0, y: 0, wheel: 0, tilt: 0 });
  }

  captureState(): Ps2MouseState {
    const { x, y, wheel } = this.#moved;
    const rates = this.#rates;
    const unlocking = UNLOCKING.findIndex(
      (sequence) => sequence.length === rates.length && sequence.every((rate, index) => rate === rates[index]),
    );
    return {
      common: { command: this.#command ?? -1, queue: this.queue.captureState() },
      status: this.#status,
      resolution: this.#resolution,
      sampleRate: this.#sampleRate,
      echoes: Number(this.#echoes),
      type: this.#type,
      unlocking: Math.max(unlocking, 0),
      x,
      y,
      wheel,
      buttons: this.#buttons,
    };
  }

  restoreState(state: Ps2MouseState): void {
    this.#command = state.common.command === -1 ? undefined : state.common.command;
    this.queue.restoreState(state.common.queue);
    this.#status = state.status;
    this.#resolution = state.resolution;
    this.#sampleRate = state.sampleRate;
    this.#echoes = state.echoes !== 0;
    this.#type = Object.values(TYPE).find((type) => type === state.type) ?? TYPE.plain;
    this.#rates = [...(UNLOCKING[state.unlocking] ?? [])];
    this.#buttons = state.buttons;
    Object.assign(this.#moved, { x: state.x, y: state.y, wheel: state.wheel, tilt: 0 });
  }

  get isEnabled(): boolean {
    return (this.#status & STATUS.enabled) !== 0;
  }

  get hasButtonsDown(): boolean {
    return this.#buttons !== 0;
  }

  move(axis: InputAxis, by: number): void {
    if (!this.isEnabled) return;
    if (axis === "x") this.#moved.x += by;
    else this.#moved.y -= by;
  }

  button(name: InputButton, down: boolean): void {
    if (!this.isEnabled) return;
    const bit = BUTTONS[name] ?? 0;
    this.#buttons = down ? this.#buttons | bit : this.#buttons & ~bit;
    if (!down) return;
    if (name === "wheel-up") this.#moved.wheel--;
    else if (name === "wheel-down") this.#moved.wheel++;
    else if (name === "wheel-right") this.#moved.tilt--;
    else if (name === "wheel-left") this.#moved.tilt++;
  }

  /** What has happened goes out, in as many packets as it takes, unless the mouse waits to be asked. */
  sync(): void {
    if (!this.isEnabled || (this.#status & STATUS.remote) !== 0) return;
    while (this.#send()) if (Object.values(this.#moved).every((value) => value === 0)) return;
  }

  /** A byte from the controller. */
  write(value: number): void {
    const command = this.#command;
    this.#command = undefined;
    if (command === COMMAND.resolution) this.#resolution = value;
    else if (command === COMMAND.sampleRate) this.#setSampleRate(value);
    else return this.#execute(value);
    this.queue.push(ACKNOWLEDGE);
  }

  #execute(command: number): void {
    const { queue } = this;
    if (this.#echoes && command !== COMMAND.reset) {
      if (command === COMMAND.endWrap) this.#echoes = false;
      return queue.push(command === COMMAND.endWrap ? ACKNOWLEDGE : command);
    }
    switch (command) {
      case COMMAND.scale11:
        this.#status &= ~STATUS.scale21;
        break;
      case COMMAND.scale21:
        this.#status |= STATUS.scale21;
        break;
      case COMMAND.stream:
        this.#status &= ~STATUS.remote;
        break;
      case COMMAND.remote:
        this.#status |= STATUS.remote;
        break;
      case COMMAND.wrap:
        this.#echoes = true;
        break;
      case COMMAND.enable:
        this.#status |= STATUS.enabled;
        break;
      case COMMAND.disable:
        this.#status &= ~STATUS.enabled;
        break;
      case COMMAND.resolution:
      case COMMAND.sampleRate:
        this.#command = command;
        break;
      case COMMAND.type:
        return queue.push(ACKNOWLEDGE, this.#type);
      case COMMAND.status:
        return queue.push(ACKNOWLEDGE, this.#status, this.#resolution, this.#sampleRate);
      case COMMAND.poll:
        queue.push(ACKNOWLEDGE);
        void this.#send();
        return;
      case COMMAND.defaults:
        this.#restoreDefaults();
        break;
      case COMMAND.reset:
        this.#restoreDefaults();
        this.#type = TYPE.plain;
        queue.clear();
        return queue.push(ACKNOWLEDGE, PASSED, this.#type);
      default:
        return;
    }
    queue.push(ACKNOWLEDGE);
  }

  #restoreDefaults(): void {
    this.#sampleRate = DEFAULTS.sampleRate;
    this.#resolution = DEFAULTS.resolution;
    this.#status = 0;
  }

  #setSampleRate(rate: number): void {
    this.#sampleRate = rate;
    this.#rates.push(rate);
    const fits = UNLOCK.filter(({ rates }) => this.#rates.every((seen, index) => seen === rates[index]));
    const found = fits.find(({ rates }) => rates.length === this.#rates.length);
    if (found !== undefined) this.#type = found.type;
    if (found !== undefined || fits.length === 0) this.#rates = [];
  }

  /** False when there is no room. */
  #send(): boolean {
    const { queue } = this;
    const moved = this.#moved;
    if (!queue.hasRoomFor(this.#type === TYPE.plain ? 3 : 4)) return false;
    const x = clamp(moved.x, LARGEST_STEP);
    const y = clamp(moved.y, LARGEST_STEP);
    const head =
      PACKET.always | (x < 0 ? PACKET.xSign : 0) | (y < 0 ? PACKET.ySign : 0) | (this.#buttons & PACKET.buttons);
    moved.x -= x;
    moved.y -= y;
    const packet = [head, x & 0xff, y & 0xff];
    if (this.#type === TYPE.plain) Object.assign(moved, { wheel: 0, tilt: 0 });
    else packet.push(this.#type === TYPE.wheel ? this.#wheelByte() : this.#lastByte());
    queue.push(...packet);
    return true;
  }

  #wheelByte(): number {
    const step = clamp(this.#moved.wheel, LARGEST_STEP);
    this.#moved.wheel -= step;
    this.#moved.tilt = 0;
    return step & 0xff;
  }

  /** The wheel and two more buttons, or the wheel's tilt. */
  #lastByte(): number {
    const moved = this.#moved;
    if (moved.tilt !== 0) {
      const step = clamp(moved.tilt, 31);
      moved.tilt -= step;
      return (step & 0x3f) | 0x40;
    }
    const step = clamp(moved.wheel, 7);
    moved.wheel -= step;
    return (step & 0x0f) | ((this.#buttons & 0x18) << 1);
  }
}
