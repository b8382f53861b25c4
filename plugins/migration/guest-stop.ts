import type { Events, MachineControl, RunState, RunStates } from "backplane";
import type { GlobalState } from "./core-sections.ts";

/** Stops the guest for the last part of a migration, and lets it go on when that comes to nothing. */
export class GuestStop {
  readonly #runStates: RunStates;
  readonly #control: MachineControl;
  readonly #events: Events;
  readonly #globalState: GlobalState;
  #before: RunState | undefined;

  constructor(runStates: RunStates, control: MachineControl, events: Events, globalState: GlobalState) {
    this.#runStates = runStates;
    this.#control = control;
    this.#events = events;
    this.#globalState = globalState;
  }

  get guestRuns(): boolean {
    return this.#runStates.isRunning;
  }

  stop(): void {
    const before = this.#runStates.current;
    this.#before = before;
    this.#globalState.store(before);
    this.#runStates.set("finish-migrate");
    if (before === "running") this.#events.emit("STOP");
  }

  /** The guest is the destination's. */
  handOver(): void {
    this.#runStates.set("postmigrate");
  }

  /** The machine goes: nothing will bring the guest back. */
  abandon(): void {
    this.#before = undefined;
  }

  /** The migration has failed or was cancelled: as it was before `stop`. Nothing where it was not stopped. */
  takeBack(): void {
    const before = this.#before;
    this.#before = undefined;
    if (before === undefined || this.#runStates.current !== "finish-migrate") return;
    if (before === "running") this.#control.cont();
    else this.#runStates.set(before);
  }
}
