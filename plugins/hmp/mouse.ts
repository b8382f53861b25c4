import type { JsonValue } from "backplane";
import type { Input, InputButton, InputEvent } from "backplane/plugins/input/contract";
import { h, type HumanCommand, type HumanCommands } from "./contract.ts";
import { command } from "./define.ts";
import { listOf, textOf } from "./reply.ts";

/** The bits of `mouse_button`. */
const BUTTONS: readonly (readonly [bit: number, button: InputButton])[] = [
  [0x01, "left"],
  [0x02, "right"],
  [0x04, "middle"],
];

/** Commands that move a mouse and press its buttons. What nobody takes is dropped. */
export function mouse(table: HumanCommands, input: Input | undefined): HumanCommand[] {
  let pressed = 0;
  const send = (...events: readonly InputEvent[]): string => {
    input?.send(events);
    return "";
  };
  return [
    {
      name: "info mice",
      summary: "the pointing devices, and which of them is moved",
      run: async () => miceText(table.has("query-mice") ? await table.query("query-mice") : []),
    },
    command({
      name: "mouse_move",
      params: "dx dy [dz]",
      summary: "moves the mouse, and turns its wheel",
      arguments: { dx_str: h.text, dy_str: h.text, dz_str: h.optional(h.text) },
      run({ dx_str: dx, dy_str: dy, dz_str: dz }) {
        const turn = dz === undefined ? 0 : wholeNumber(dz);
        send(
          { kind: "rel", axis: "x", value: wholeNumber(dx) },
          { kind: "rel", axis: "y", value: wholeNumber(dy) },
          ...(turn === 0 ? [] : wheel(turn > 0 ? "wheel-up" : "wheel-down", true)),
        );
        return turn === 0 ? "" : send(...wheel(turn > 0 ? "wheel-up" : "wheel-down", false));
      },
    }),
    command({
      name: "mouse_button",
      params: "state",
      summary: "presses and lets go the mouse's buttons: 1 the left, 2 the right, 4 the middle one",
      arguments: { button_state: h.int },
      run({ button_state: state }) {
        const changed = pressed ^ state;
        pressed = state;
        return send(
          ...BUTTONS.filter(([bit]) => (changed & bit) !== 0).map(([bit, button]): InputEvent => {
            return { kind: "btn", button, down: (state & bit) !== 0 };
          }),
        );
      },
    }),
  ];
}

const wheel = (button: "wheel-up" | "wheel-down", down: boolean): InputEvent[] => [{ kind: "btn", button, down }];

/** As C reads one: what is behind it, and what is none, does not count. */
function wholeNumber(text: string): number {
  const [digits = "0"] = /^\s*[+-]?[0-9]+/.exec(text) ?? [];
  return Number(digits) | 0;
}

function miceText(reply: JsonValue): string {
  const mice = listOf(reply);
  if (mice.length === 0) return "No mouse devices connected\n";
  return mice
    .map(({ current, index, name, absolute }) => {
      const mark = current === true ? "*" : " ";
      return `${mark} Mouse #${textOf(index)}: ${textOf(name)}${absolute === true ? " (absolute)" : ""}\n`;
    })
    .join("");
}
