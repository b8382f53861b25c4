import type { Guest, GuestProgress, Logger } from "backplane";
import { BootContext } from "./boot-context.ts";
import { boot } from "./boot.ts";
import { FwCfgClient } from "./fw-cfg-client.ts";
import type { Platform } from "./platform.ts";
import type { Steps } from "./steps.ts";
import type { RecordedTrace } from "./trace.ts";

/** In the area that the firmware was copied to, where its last instruction stands. */
const HALT_AT = 0xf_0000;

/** A guest that consists of its firmware. It boots, finds nothing to boot from, and halts until the next reset. */
export class FirmwareGuest implements Guest {
  readonly #trace: RecordedTrace;
  readonly #log: Logger;
  readonly #platform: Platform;
  #steps: Steps<string> | undefined;
  #halted = false;

  constructor(platform: Platform, trace: RecordedTrace, log: Logger) {
    this.#platform = platform;
    this.#trace = trace;
    this.#log = log;
  }

  get executingAt(): number | undefined {
    return this.#platform.executingAt;
  }

  run(budget: number): GuestProgress {
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
    this.#trace.restart();
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
