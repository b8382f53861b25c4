/**
 * Keyboards and pointers: who takes events, and who sends them.
 *
 * A device adds a handler for the kinds of events that it understands; the one that was activated last gets them.
 */
import { token, type Disposable } from "backplane";

export { keyNames, linuxKeyCode, linuxKeyCodes } from "./keys.ts";

export const INPUT_BUTTONS = [
  "left",
  "middle",
  "right",
  "wheel-up",
  "wheel-down",
  "side",
  "extra",
  "wheel-left",
  "wheel-right",
  "touch",
] as const;
export type InputButton = (typeof INPUT_BUTTONS)[number];
export type InputAxis = "x" | "y";

export type InputEvent =
  | { readonly kind: "key"; readonly key: string; readonly down: boolean }
  | { readonly kind: "btn"; readonly button: InputButton; readonly down: boolean }
  /** By how much. */
  | { readonly kind: "rel"; readonly axis: InputAxis; readonly value: number }
  /** Where, from 0 to 0x7fff. */
  | { readonly kind: "abs"; readonly axis: InputAxis; readonly value: number };
export type InputKind = InputEvent["kind"];

export interface InputHandler {
  readonly name: string;
  readonly kinds: readonly InputKind[];
  event(event: InputEvent): void;
  /** What came since the last time belongs together. */
  sync(): void;
}

export interface InputRegistration extends Disposable {
  /** Its driver runs: it goes before the others. */
  activate(): void;
  /** It goes behind the others. */
  deactivate(): void;
}

/** A handler of movements. */
export interface PointerInfo {
  readonly name: string;
  /** Handlers are counted from 1 as they are added. */
  readonly index: number;
  /** It gets the movements. */
  readonly current: boolean;
  readonly absolute: boolean;
}

export interface Input {
  add(handler: InputHandler): InputRegistration;
  readonly pointers: readonly PointerInfo[];
  /** Whether somebody takes such events. */
  takes(kind: InputKind): boolean;
  /** To whoever takes each; what nobody takes is dropped. Ends with one `sync` for all that got something. */
  send(events: readonly InputEvent[]): void;
}

export const INPUT = token<Input>("INPUT");
