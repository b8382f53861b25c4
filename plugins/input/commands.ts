import { q, type Clock, type Command, type RunStates, type StructSchema } from "backplane";
import { INPUT_BUTTONS, type Input, type InputEvent } from "./contract.ts";
import { inputErrors } from "./errors.ts";
import { keyByNumber, keyNames } from "./keys.ts";

/** How long keys are held where nobody says. */
const HOLD_MS = 100;
const NS_PER_MS = 1_000_000;

export interface InputServices {
  readonly input: Input;
  readonly states: RunStates;
  readonly clock: Clock;
}

const axis = q.enum("InputAxis", ["x", "y"]);
const move = (name: string) => q.struct(name, { data: q.struct("InputMoveEvent", { axis, value: q.int }) });

/** The schema's names of keys are read when the first command is made, not when the module is loaded. */
const keyValue = () =>
  q.union(
    "KeyValue",
    "type",
    { type: q.enum("KeyValueKind", ["number", "qcode"]) },
    {
      number: q.struct("IntWrapper", { data: q.int }),
      qcode: q.struct("QKeyCodeWrapper", { data: q.enum("QKeyCode", keyNames()) }),
    },
  );

const inputEvent = () =>
  q.union(
    "InputEvent",
    "type",
    { type: q.enum("InputEventKind", ["key", "btn", "rel", "abs", "mtt"]) },
    {
      key: q.struct("InputKeyEventWrapper", {
        data: q.struct("InputKeyEvent", { key: keyValue(), down: q.bool }),
      }),
      btn: q.struct("InputBtnEventWrapper", {
        data: q.struct("InputBtnEvent", { button: q.enum("InputButton", INPUT_BUTTONS), down: q.bool }),
      }),
      rel: move("InputMoveEventWrapper"),
      abs: move("InputMoveEventWrapper"),
      mtt: q.struct("InputMultiTouchEventWrapper", {
        data: q.struct("InputMultiTouchEvent", {
          type: q.enum("InputMultiTouchType", ["begin", "update", "end", "cancel", "data"]),
          slot: q.int,
          "tracking-id": q.int,
          axis,
          value: q.int,
        }),
      }),
    },
  );

interface KeyValue {
  readonly type: "number" | "qcode";
  readonly data: string | number;
}
type GivenEvent =
  | { readonly type: "key"; readonly data: { readonly key: KeyValue; readonly down: boolean } }
  | { readonly type: "btn"; readonly data: Omit<InputEvent & { kind: "btn" }, "kind"> }
  | { readonly type: "rel" | "abs"; readonly data: Omit<InputEvent & { kind: "rel" }, "kind"> }
  | { readonly type: "mtt" };

const keyOf = ({ data }: KeyValue): string => (typeof data === "string" ? data : keyByNumber(data));

function readEvent(given: GivenEvent): InputEvent {
  switch (given.type) {
    case "key":
      return { kind: "key", key: keyOf(given.data.key), down: given.data.down };
    case "btn":
      return { kind: "btn", ...given.data };
    case "rel":
    case "abs":
      return { kind: given.type, ...given.data };
    case "mtt":
      // No device of ours has a touch screen.
      throw inputErrors.INPUT_HANDLER_MISSING("mtt");
  }
}

export function inputCommands({ input, states, clock }: InputServices): readonly Command<StructSchema>[] {
  const send = {
    name: "input-send-event",
    summary: "Sends events to keyboards and pointers",
    arguments: q.struct("q_obj_input-send-event-arg", {
      "device?": q.str,
      "head?": q.int,
      events: q.array(inputEvent()),
    }),
    result: q.none,
    run({ device, events }: { readonly device?: string; readonly events: readonly unknown[] }) {
      if (device !== undefined) throw inputErrors.INPUT_DISPLAY(device);
      if (!states.isRunning) throw inputErrors.INPUT_NOT_RUNNING();
      const read = (events as readonly GivenEvent[]).map(readEvent);
      for (const { kind } of read) if (!input.takes(kind)) throw inputErrors.INPUT_HANDLER_MISSING(kind);
      input.send(read);
      return {};
    },
  };
  const keys = {
    name: "send-key",
    summary: "Presses keys one after the other, and lets them go in reverse",
    arguments: q.struct("q_obj_send-key-arg", { keys: q.array(keyValue()), "hold-time?": q.int }),
    result: q.none,
    run({ keys: given, "hold-time": hold }: { readonly keys: readonly unknown[]; readonly "hold-time"?: number }) {
      const names = (given as readonly KeyValue[]).map(keyOf);
      const steps = [
        ...names.map((key) => ({ kind: "key", key, down: true }) as const),
        ...names.toReversed().map((key) => ({ kind: "key", key, down: false }) as const),
      ];
      const wait = (hold === undefined || hold === 0 ? HOLD_MS : hold) * NS_PER_MS;
      const next = (index: number): void => {
        const step = steps[index];
        if (step === undefined) return;
        if (states.isRunning) input.send([step]);
        if (index + 1 < steps.length) clock.after(wait, () => next(index + 1));
      };
      next(0);
      return {};
    },
  };
  const mice = {
    name: "query-mice",
    summary: "The pointers that there are",
    arguments: q.none,
    result: q.array(q.struct("MouseInfo", { name: q.str, index: q.int, current: q.bool, absolute: q.bool })),
    run: () => input.pointers.map((pointer) => ({ ...pointer })),
  };
  return [send, keys, mice] as unknown as readonly Command<StructSchema>[];
}
