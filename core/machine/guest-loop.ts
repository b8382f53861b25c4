import type { Logger } from "../log.ts";
import type { VirtualClock } from "./clock.ts";
import type { Guest } from "./guest.ts";
import type { RunStateMachine } from "./run-state.ts";

/** Virtual time a guest gets before monitors and migrations are served. Short enough that a monitor feels immediate. */
const SLICE_NS = 1_000_000;

/** Runs the guest in slices on the event loop while the machine is in `running`, and its clock with it. */
export class GuestLoop {
  readonly #clock: VirtualClock;
  readonly #runStates: RunStateMachine;
  readonly #log: Logger;
  #guest: Guest | undefined;
  #scheduled: NodeJS.Immediate | undefined;
  #halted = false;
  #waiting: (() => void)[] = [];

  constructor(clock: VirtualClock, runStates: RunStateMachine, log: Logger) {
    this.#clock = clock;
    this.#runStates = runStates;
    this.#log = log;
    // While a machine sleeps its own time stands still, as in the peer; what wakes it by the host's time has its own timers.
    runStates.onChange(({ to }) => (to === "running" ? clock.start() : clock.stop()));
    // Where the host moves the clock, a halted guest waits for what timers bring.
    clock.onFired(() => {
      if (this.#halted && this.#runStates.isRunning) this.start();
    });
  }

  get guest(): Guest | undefined {
    return this.#guest;
  }

  connect(guest: Guest): void {
    this.#guest = guest;
  }

  start(): void {
    this.#halted = false;
    this.#schedule();
  }

  /** The machine is halted, or goes away. */
  stop(): void {
    this.#clock.stop();
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#settle();
  }

  resetGuest(): void {
    this.#guest?.reset();
    if (this.#runStates.isRunning) this.start();
  }

  idle(): Promise<void> {
    if (this.#scheduled === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled !== undefined || this.#guest === undefined) return;
    this.#scheduled = setImmediate(() => this.#slice());
  }

  #slice(): void {
    this.#scheduled = undefined;
    const guest = this.#guest;
    if (guest === undefined || !this.#runStates.isRunning) return this.#settle();
    try {
      this.#halted = guest.run(SLICE_NS) === "halted";
    } catch (failure) {
      // A guest never throws for what guest code does: this is our defect, and the machine must not spin on it.
      this.#log.error("the guest failed", { error: failure });
      this.#runStates.set("internal-error");
      return this.#settle();
    }
    const next = this.#clock.nextDeadlineFor(guest.takesInterrupts === true);
    if (this.#halted && this.#clock.source === "guest" && next !== undefined) {
      this.#clock.advance(next - this.#clock.now);
      this.#halted = false;
    }
    if (this.#halted) this.#settle();
    else this.#schedule();
  }

  #settle(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
