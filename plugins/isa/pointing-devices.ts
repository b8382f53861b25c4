import {
  DEVICE,
  inject,
  injectable,
  POWER,
  RESETS,
  type Device,
  type DeviceContext,
  type DeviceType,
  type IrqLine,
  type Power,
  type Resets,
  UNCONNECTED,
} from "backplane";
import type { IsaBoard } from "./board.ts";
import { CMOS } from "./contract.ts";
import type { Input } from "backplane/plugins/input/contract";
import { Ps2Keyboard } from "./ps2-keyboard.ts";
import { Ps2Mouse } from "./ps2-mouse.ts";
import { OPTIONAL_INPUT, type OptionalInput } from "./tokens.ts";

const onSystemBus = {
  parent: "ps2-device",
  parts: { "unnamed-gpio-out[0]": "link<irq>" },
  userCreatable: false,
  hotpluggable: false,
  properties: {},
} as const;

export const ps2KeyboardType = { ...onSystemBus, name: "ps2-kbd", category: "input" } satisfies DeviceType;
export const ps2MouseType = { ...onSystemBus, name: "ps2-mouse", category: "input" } satisfies DeviceType;

/** The pin by which a device on a PS/2 cable says that it has a byte for the controller. */
function requestLine(device: DeviceContext): IrqLine {
  return device.gpio.outputs(undefined, 1)[0] ?? UNCONNECTED;
}

/** A machine reset empties the device's queue, and so its pin falls. */
function resetTogether(device: DeviceContext, resets: Resets, part: { reset(): void }, line: IrqLine): void {
  device.own(
    resets.add(() => {
      part.reset();
      line.set(false);
    }),
  );
}

@injectable()
export class Ps2KeyboardDevice implements Device {
  readonly keyboard: Ps2Keyboard;
  readonly #line: IrqLine;
  readonly #input: Input | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(RESETS) private readonly resets: Resets,
    @inject(POWER) private readonly power: Power,
    @inject(OPTIONAL_INPUT) { input }: OptionalInput,
  ) {
    this.#line = requestLine(device);
    this.#input = input;
    this.keyboard = new Ps2Keyboard(this.#line);
  }

  realize(): void {
    const { device, keyboard, power } = this;
    keyboard.reset();
    resetTogether(device, this.resets, keyboard, this.#line);
    device.carry({
      kind: "captured",
      idstr: "ps2kbd",
      version: 3,
      description: async () => (await import("./late/input-states.ts")).PS2_KEYBOARD,
      capture: () => keyboard.captureState(),
      restore: (state) => keyboard.restoreState(state),
    });
    if (this.#input === undefined) return;
    device.own(
      this.#input.add({
        name: "QEMU PS/2 Keyboard",
        kinds: ["key"],
        event(event) {
          if (event.kind !== "key") return;
          power.wake("other");
          keyboard.key(event.key, event.down);
        },
        sync: () => undefined,
      }),
    );
  }
}

@injectable()
export class Ps2MouseDevice implements Device {
  readonly mouse: Ps2Mouse;
  readonly #line: IrqLine;
  readonly #input: Input | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(RESETS) private readonly resets: Resets,
    @inject(POWER) private readonly power: Power,
    @inject(OPTIONAL_INPUT) { input }: OptionalInput,
  ) {
    this.#line = requestLine(device);
    this.#input = input;
    this.mouse = new Ps2Mouse(this.#line);
  }

  realize(): void {
    const { device, mouse, power } = this;
    resetTogether(device, this.resets, mouse, this.#line);
    device.carry({
      kind: "captured",
      idstr: "ps2mouse",
      version: 2,
      description: async () => (await import("./late/input-states.ts")).PS2_MOUSE,
      capture: () => mouse.captureState(),
      restore: (state) => mouse.restoreState(state),
    });
    if (this.#input === undefined) return;
    device.own(
      this.#input.add({
        name: "QEMU PS/2 Mouse",
        kinds: ["btn", "rel"],
        event(event) {
          if (event.kind === "rel") mouse.move(event.axis, event.value);
          else if (event.kind === "btn") mouse.button(event.button, event.down);
        },
        sync() {
          if (mouse.hasButtonsDown) power.wake("other");
          mouse.sync();
        },
      }),
    );
  }
}

export const vmmouseType = {
  name: "vmmouse",
  parts: { i8042: "link<i8042>" },
  bus: "ISA",
  category: "input",
  userCreatable: false,
  hotpluggable: false,
  properties: {},
} satisfies DeviceType;

export interface VmmouseState {
  readonly queue: Uint32Array;
  queued: number;
  status: number;
  absolute: number;
}
const QUEUE_WORDS = 1024;
/** As its commands report it: not switched on. */
const DISABLED = 0xffff;

/**
 * VMware's pointer, as a place in the object tree. Its commands come in processor registers through the VMware port; the
 * scripted guest has no processor, so no command can reach it and it answers none.
 */
@injectable()
export class VmmouseDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(CMOS) private readonly board: IsaBoard,
  ) {}

  realize(): void {
    const { paths } = this.board;
    this.device.object.add({ name: "i8042", type: "link<i8042>", get: () => paths.keyboard });
    // What a guest of another machine had said of the pointer stays what it was: nobody here changes it.
    let state: VmmouseState = { queue: new Uint32Array(QUEUE_WORDS), queued: 0, status: DISABLED, absolute: 0 };
    this.device.carry({
      kind: "captured",
      idstr: "vmmouse",
      version: 0,
      description: async () => (await import("./late/input-states.ts")).VMMOUSE,
      capture: () => ({ ...state, queue: state.queue.slice() }),
      restore: (loaded) => {
        state = loaded;
      },
    });
  }
}
