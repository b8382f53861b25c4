// What a migration carries of keyboard, mouse and their controller, by the peer's names.
import { fieldsOf, structField, type StateDescription, type StateField } from "backplane";
import type { ExtendedState, KeyboardControllerState } from "../keyboard-controller.ts";
import type { VmmouseState } from "../pointing-devices.ts";
import type { Ps2CommonState, Ps2KeyboardState } from "../ps2-keyboard.ts";
import type { Ps2MouseState } from "../ps2-mouse.ts";
import type { Ps2QueueState } from "../ps2-queue.ts";

const keyboard = fieldsOf<Ps2KeyboardState>();
const mouse = fieldsOf<Ps2MouseState>();
const controller = fieldsOf<KeyboardControllerState>();

function queueNumber(name: string, key: "first" | "end" | "count" | "replyEnd") {
  return {
    kind: "scalar" as const,
    name,
    type: "int32" as const,
    get: ({ queue }: { readonly queue: Ps2QueueState }) => queue[key],
    set: ({ queue }: { readonly queue: Ps2QueueState }, value: number | bigint | boolean) => {
      queue[key] = Number(value);
    },
  };
}

const COMMON: StateDescription<Ps2CommonState> = {
  name: "PS2 Common State",
  version: 3,
  minimumVersion: 2,
  fields: [
    fieldsOf<Ps2CommonState>().i32("write_cmd", "command"),
    queueNumber("queue.rptr", "first"),
    queueNumber("queue.wptr", "end"),
    queueNumber("queue.count", "count"),
    { kind: "buffer", name: "queue.data", size: 256, bytes: ({ queue }) => queue.bytes },
  ],
};

export const PS2_KEYBOARD: StateDescription<Ps2KeyboardState> = {
  name: "ps2kbd",
  version: 3,
  minimumVersion: 2,
  fields: [
    structField("parent_obj", COMMON, ({ common }) => common),
    keyboard.i32("scan_enabled", "scanning"),
    keyboard.i32("translate", "translates"),
    { ...keyboard.i32("scancode_set", "set"), since: 3 },
  ],
  subsections: [
    {
      name: "ps2kbd/ledstate",
      version: 3,
      minimumVersion: 2,
      isNeeded: ({ leds }) => leds !== 0,
      fields: [keyboard.i32("ledstate", "leds")],
    },
    {
      name: "ps2kbd/need_high_bit",
      version: 1,
      isNeeded: ({ breaking }) => breaking,
      fields: [keyboard.bool("need_high_bit", "breaking")],
    },
    {
      name: "ps2kbd/command_reply_queue",
      version: 0,
      isNeeded: ({ common }) => common.queue.replyEnd !== -1,
      fields: [
        {
          ...queueNumber("parent_obj.queue.cwptr", "replyEnd"),
          get: ({ common }: Ps2KeyboardState) => common.queue.replyEnd,
          set: ({ common }: Ps2KeyboardState, value: number | bigint | boolean) => {
            common.queue.replyEnd = Number(value);
          },
        },
      ],
    },
  ],
};

export const PS2_MOUSE: StateDescription<Ps2MouseState> = {
  name: "ps2mouse",
  version: 2,
  fields: [
    structField("parent_obj", COMMON, ({ common }) => common),
    mouse.u8("mouse_status", "status"),
    mouse.u8("mouse_resolution", "resolution"),
    mouse.u8("mouse_sample_rate", "sampleRate"),
    mouse.u8("mouse_wrap", "echoes"),
    mouse.u8("mouse_type", "type"),
    mouse.u8("mouse_detect_state", "unlocking"),
    mouse.i32("mouse_dx", "x"),
    mouse.i32("mouse_dy", "y"),
    mouse.i32("mouse_dz", "wheel"),
    mouse.u8("mouse_buttons", "buttons"),
  ],
};

function extended(state: KeyboardControllerState): ExtendedState {
  state.extended ??= { flags: 0, source: 0, last: 0, own: 0 };
  return state.extended;
}

function extendedField(
  name: string,
  type: "uint8" | "uint32",
  key: keyof ExtendedState,
): StateField<KeyboardControllerState> {
  return {
    kind: "scalar",
    name,
    type,
    get: (state) => extended(state)[key],
    set: (state, value) => {
      extended(state)[key] = Number(value);
    },
  };
}

const PCKBD: StateDescription<KeyboardControllerState> = {
  name: "pckbd",
  version: 3,
  fields: [
    controller.u8("write_cmd", "command"),
    controller.u8("status", "status"),
    controller.u8("mode", "mode"),
    controller.u8("pending_tmp", "pending"),
  ],
  subsections: [
    {
      name: "pckbd_outport",
      version: 1,
      isNeeded: ({ outputPort }) => outputPort !== undefined,
      fields: [
        {
          kind: "scalar",
          name: "outport",
          type: "uint8",
          get: ({ outputPort }) => outputPort ?? 0,
          set: (state, value) => {
            state.outputPort = Number(value);
          },
        },
      ],
    },
    {
      name: "pckbd/extended_state",
      version: 0,
      isNeeded: (state) => state.extended !== undefined,
      fields: [
        extendedField("migration_flags", "uint32", "flags"),
        extendedField("obsrc", "uint32", "source"),
        extendedField("obdata", "uint8", "last"),
        extendedField("cbdata", "uint8", "own"),
      ],
    },
  ],
};

/** The ISA device around the controller. */
export const KEYBOARD_CONTROLLER: StateDescription<KeyboardControllerState> = {
  name: "pckbd",
  version: 3,
  fields: [structField("kbd", PCKBD, (state) => state)],
};

const QUEUE_WORDS = 1024;
const pointer = fieldsOf<VmmouseState>();
export const VMMOUSE: StateDescription<VmmouseState> = {
  name: "vmmouse",
  version: 0,
  fields: [
    {
      kind: "scalar",
      name: "queue_size",
      type: "int32",
      described: "int32 equal",
      check: (_state, value) =>
        value === QUEUE_WORDS ? undefined : `${QUEUE_WORDS.toString(16)} != ${Number(value).toString(16)}`,
      get: () => QUEUE_WORDS,
      set: () => undefined,
    },
    pointer.array("queue", "uint32", "queue", QUEUE_WORDS),
    pointer.u16("nb_queue", "queued"),
    pointer.u16("status", "status"),
    pointer.u8("absolute", "absolute"),
  ],
};
