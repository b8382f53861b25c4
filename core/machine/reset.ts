import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import { Registry } from "../registry.ts";

/** Why the machine is reset; ROM contents are kept by some reasons (ACPI §16: waking up is no cold boot). */
export type ResetReason = "startup" | "host-qmp-system-reset" | "guest-reset" | "wakeup";

/** Handlers run in order of registration, on every reset; the first reset follows machine-done. */
export interface Resets {
  add(handler: (reason: ResetReason) => void): Disposable;
}

export const RESETS = token<Resets>("RESETS");

export class ResetRegistry implements Resets {
  readonly #handlers = new Registry<(reason: ResetReason) => void>();

  add(handler: (reason: ResetReason) => void): Disposable {
    return this.#handlers.add(handler);
  }

  run(reason: ResetReason): void {
    for (const handler of this.#handlers) handler(reason);
  }
}
