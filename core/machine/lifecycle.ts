import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import { Registry } from "../registry.ts";

/**
 * How a machine comes to be, in order. Between two phases nothing else happens.
 *
 * - `objects`: the definition's objects exist (memory backends have their nameless RAM blocks), nothing else does
 * - `board`: the machine type's memory map is laid, in order of registration; its devices are made right after
 * - `devices`: the definition's devices have just been made
 * - `done`: the machine is complete; tables are built and firmware files closed here; the first reset follows
 */
export type LifecyclePhase = "objects" | "board" | "devices" | "done";

export interface Lifecycle {
  on(phase: LifecyclePhase, listener: () => void): Disposable;
  /**
   * For what needs the event loop (a listening socket): runs when the objects exist, before the board is laid. Tasks run
   * one after the other; a failure fails the build.
   */
  onStart(task: () => Promise<void>): Disposable;
  /**
   * For what takes a complete machine and the event loop: runs after the first reset, before the guest. A failure fails
   * the build.
   */
  onComplete(task: () => Promise<void>): Disposable;
  /** The last phase that was reached. */
  readonly reached: LifecyclePhase | undefined;
}

export const LIFECYCLE = token<Lifecycle>("LIFECYCLE");

export class LifecyclePhases implements Lifecycle {
  readonly #listeners = new Map<LifecyclePhase, Registry<() => void>>();
  readonly #tasks = new Registry<() => Promise<void>>();
  readonly #last = new Registry<() => Promise<void>>();
  #reached: LifecyclePhase | undefined;

  get reached(): LifecyclePhase | undefined {
    return this.#reached;
  }

  on(phase: LifecyclePhase, listener: () => void): Disposable {
    const listeners = this.#listeners.get(phase) ?? new Registry<() => void>();
    this.#listeners.set(phase, listeners);
    return listeners.add(listener);
  }

  onStart(task: () => Promise<void>): Disposable {
    return this.#tasks.add(task);
  }

  onComplete(task: () => Promise<void>): Disposable {
    return this.#last.add(task);
  }

  async complete(): Promise<void> {
    for (const task of this.#last) await task();
  }

  async start(): Promise<void> {
    for (const task of this.#tasks) await task();
  }

  reach(phase: LifecyclePhase): void {
    this.#reached = phase;
    for (const listener of this.#listeners.get(phase) ?? []) listener();
  }
}
