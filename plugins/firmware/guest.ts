import type { Guest, GuestPosition, GuestProgress, Logger } from "backplane";
import { BootContext } from "./boot-context.ts";
import { boot } from "./boot.ts";
import { FwCfgClient } from "./fw-cfg-client.ts";
import type { Platform } from "./platform.ts";
import type { Steps } from "./steps.ts";
import type { RecordedTrace } from "./trace.ts";

/** In the area that the firmware was copied to, where its last instruction stands. */
const HALT_AT = 0xf_0000;

/** The chipset's reset control, and the value that resets everything. */
const RESET_CONTROL = 0xcf9;
const RESET_HARD = 0x06;

/** A guest that consists of its firmware. It boots, finds nothing to boot from, and halts until the next reset. */
export class FirmwareGuest implements Guest {
  readonly #trace: RecordedTrace;
  readonly #log: Logger;
  readonly #platform: Platform;
  #steps: Steps<string> | undefined;
  #halted = false;
  /** It came from elsewhere in the middle of its work, of which only its own machine knew how far it was. */
  #isLost = false;

  constructor(platform: Platform, trace: RecordedTrace, log: Logger) {
    this.#platform = platform;
    this.#trace = trace;
    this.#log = log;
  }

  get executingAt(): number | undefined {
    return this.#platform.executingAt;
  }

  get position(): GuestPosition {
    if (this.#halted) return "halted";
    return this.#steps === undefined && !this.#isLost ? "start" : "inside";
  }

  resumeAt(position: GuestPosition): void {
    this.reset();
    this.#halted = position === "halted";
    this.#isLost = position === "inside";
  }

  run(budget: number): GuestProgress {
    if (this.#isLost) return this.#startOver();
    const end = this.#platform.spent + budget;
    while (!this.#halted && this.#platform.spent < end) {
      // A timer that fires during a step may reset the guest, which leaves other steps here.
      this.#steps ??= this.#begin();
      const steps = this.#steps;
      const step = steps.next();
      if (steps !== this.#steps) continue;
      if (step.done === true) this.#halt(step.value);
    }
    return this.#halted ? "halted" : "running";
  }

  reset(): void {
    this.#steps = undefined;
    this.#halted = false;
    this.#isLost = false;
    this.#trace.restart();
  }

  /** As SeaBIOS does when it runs into its own beginning: it resets the machine (ICH9 §13.7.5, RST_CNT). */
  #startOver(): GuestProgress {
    this.#log.warn("the guest was in the middle of its firmware and starts over");
    this.#isLost = false;
    this.#platform.out(RESET_CONTROL, RESET_HARD, 1);
    return "running";
  }

  #begin(): Steps<string> {
    this.#trace.restart();
    const fwCfg = new FwCfgClient(this.#platform, (key, name) => this.#trace.selected(key, name));
    return boot(new BootContext(this.#platform, fwCfg, this.#trace, this.#log));
  }

  #halt(reason: string): void {
    this.#steps = undefined;
    this.#halted = true;
    this.#platform.fetch(HALT_AT);
    this.#trace.halted(reason);
  }
}
