import type { Clock, RunState } from "backplane";
import type { DeviceSection, StateDescription } from "./contract.ts";
import { migrationErrors } from "./errors.ts";
import { StateFault } from "./state-fault.ts";

/** The machine's own state that every stream carries: its clocks, and what it did before it was stopped. */

const CLOCK_STATE: StateDescription<Clock> = {
  name: "timer",
  version: 2,
  minimumVersion: 1,
  fields: [
    // Ticks of the processor's counter and nanoseconds of the guest's clock. Both are virtual time here, at one tick a nanosecond.
    { kind: "scalar", name: "cpu_ticks_offset", type: "int64", get: (clock) => clock.now, set: moveTo },
    { kind: "unused", size: 8 },
    { since: 2, kind: "scalar", name: "cpu_clock_offset", type: "int64", get: (clock) => clock.now, set: moveTo },
  ],
};

/** Time only goes forward: a clock takes over what is ahead of it. */
function moveTo(clock: Clock, value: number | bigint | boolean): void {
  const ahead = Number(value) - clock.now;
  if (ahead > 0) clock.advance(ahead);
}

export function clockSection(clock: Clock): DeviceSection<Clock> {
  return { kind: "device", idstr: "timer", version: 2, description: CLOCK_STATE, state: clock };
}

/** The run states that a machine which was loaded can go over to. */
const TARGETS: readonly RunState[] = [
  "running",
  "suspended",
  "paused",
  "prelaunch",
  "postmigrate",
  "finish-migrate",
  "internal-error",
  "io-error",
  "shutdown",
  "watchdog",
  "guest-panicked",
  "colo",
  "inmigrate",
];

/** What the machine did when the migration stopped it: the destination goes on with that. */
export class GlobalState {
  readonly text = new Uint8Array(32);
  wasSuspended = false;
  #isLoaded = false;

  /** What a loaded machine goes over to; `running` where the stream did not say, undefined where it said what there is not. */
  get target(): RunState | undefined {
    if (!this.#isLoaded) return "running";
    return TARGETS.find((state) => state === this.runState);
  }

  loaded(): void {
    this.#isLoaded = true;
  }

  store(state: RunState): void {
    this.text.fill(0);
    this.text.set(Buffer.from(state, "latin1"));
    this.wasSuspended = state === "suspended";
  }

  get runState(): string {
    return Buffer.from(this.text).toString("latin1").replace(/\0.*$/, "");
  }
}

const UNUSED = new Uint8Array(66);

const GLOBAL_STATE: StateDescription<GlobalState> = {
  name: "globalstate",
  version: 1,
  fields: [
    {
      kind: "scalar",
      name: "size",
      type: "uint32",
      // The state's name with the byte that ends it.
      get: (state) => state.runState.length + 1,
      set: () => undefined,
    },
    { kind: "buffer", name: "runstate", size: 32, bytes: (state) => state.text },
    { kind: "scalar", name: "has_vm_was_suspended", type: "uint8", get: () => 1, set: () => undefined },
    {
      kind: "scalar",
      name: "vm_was_suspended",
      type: "uint8",
      get: (state) => Number(state.wasSuspended),
      set: (state, value) => {
        state.wasSuspended = Number(value) !== 0;
      },
    },
    { kind: "buffer", name: "unused", size: 66, bytes: () => UNUSED.slice() },
  ],
  afterLoad(state) {
    state.loaded();
    if (state.target === undefined) throw new StateFault(migrationErrors.GLOBAL_RUN_STATE(state.runState).message);
  },
};

export function globalStateSection(state: GlobalState): DeviceSection<GlobalState> {
  return { kind: "device", idstr: "globalstate", version: 1, description: GLOBAL_STATE, state };
}
