import { Registry, type Disposable } from "backplane";
import type { MigrationChange, MigrationStatus } from "./contract.ts";
import { migrationErrors } from "./errors.ts";

/** Legal transitions. What is missing here cannot happen. A repeated cancel is told again. */
const TRANSITIONS: { readonly [From in MigrationStatus]: readonly MigrationStatus[] } = {
  none: ["setup"],
  setup: ["active", "failed", "cancelling"],
  active: ["pre-switchover", "device", "failed", "cancelling"],
  "pre-switchover": ["device", "failed", "cancelling"],
  device: ["completed", "failed", "cancelling"],
  completed: ["setup"],
  failed: ["setup"],
  cancelling: ["cancelling", "cancelled"],
  cancelled: ["setup"],
};

const RUNNING: ReadonlySet<MigrationStatus> = new Set(["setup", "active", "pre-switchover", "device", "cancelling"]);

/** Where the outgoing migration stands, and why. */
export class MigrationProgress {
  readonly #listeners = new Registry<(change: MigrationChange) => void>();
  #status: MigrationStatus = "none";
  #error: string | undefined;

  get status(): MigrationStatus {
    return this.#status;
  }

  is(status: MigrationStatus): boolean {
    return this.#status === status;
  }

  get isRunning(): boolean {
    return RUNNING.has(this.#status);
  }

  get error(): string | undefined {
    return this.#error;
  }

  /** Notes why; the first reason of a migration stands. */
  fail(reason: string): void {
    this.#error ??= reason;
  }

  set(to: MigrationStatus): void {
    const from = this.#status;
    if (!TRANSITIONS[from].includes(to)) throw migrationErrors.STATUS_TRANSITION(from, to);
    if (to === "setup") this.#error = undefined;
    this.#status = to;
    const reason = this.#error;
    for (const listener of this.#listeners) listener({ from, to, ...(reason === undefined ? {} : { reason }) });
  }

  onChange(listener: (change: MigrationChange) => void): Disposable {
    return this.#listeners.add(listener);
  }
}
