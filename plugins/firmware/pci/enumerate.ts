// Bus numbers: depth first, as the PCI-to-PCI Bridge Architecture Specification 1.2 (§3.2.5.2 to §3.2.5.4) lays them out.
import type { Steps } from "../steps.ts";
import { BRIDGE_CLASS } from "./classes.ts";
import { reserveHints } from "./capabilities.ts";
import { REG, type Bdf, type PciConfig } from "./config-access.ts";
import { functionsOn } from "./functions.ts";

const LAST_BUS = 0xff;

/** Gives every bridge its buses. Returns the highest bus number in use. */
export function* numberBuses(config: PciConfig, extraRoots: number): Steps<number> {
  const numbering = new Numbering(config);
  yield* numbering.bus(0);
  // Further root buses have numbers of their own, above those behind bus 0, and announce themselves by functions only.
  for (let found = 0; found < extraRoots && numbering.last < LAST_BUS;) {
    const bus = numbering.last + 1;
    numbering.last = bus;
    yield undefined;
    if (functionsOn(config, bus).next().done === true) continue;
    found++;
    yield* numbering.bus(bus);
  }
  return numbering.last;
}

class Numbering {
  readonly #config: PciConfig;
  last = 0;

  constructor(config: PciConfig) {
    this.#config = config;
  }

  *bus(bus: number): Steps {
    const bridges: Bdf[] = [];
    for (const at of functionsOn(this.#config, bus)) {
      if (this.#config.read(at, REG.classCode, 2) === BRIDGE_CLASS) bridges.push(at);
    }
    // Closed first, so that no two bridges claim one bus while their numbers change.
    for (const at of bridges) {
      this.#config.write(at, REG.secondaryBus, LAST_BUS, 1);
      this.#config.write(at, REG.subordinateBus, 0, 1);
    }
    yield undefined;
    for (const at of bridges) {
      if (this.last >= LAST_BUS) return;
      yield* this.#behind(at, bus);
    }
  }

  *#behind(at: Bdf, primary: number): Steps {
    if (this.#config.read(at, REG.primaryBus, 1) !== primary) this.#config.write(at, REG.primaryBus, primary, 1);
    const secondary = ++this.last;
    this.#config.write(at, REG.secondaryBus, secondary, 1);
    this.#config.write(at, REG.subordinateBus, LAST_BUS, 1);
    yield* this.bus(secondary);
    const reserved = secondary + (reserveHints(this.#config, at)?.buses ?? 0);
    if (reserved <= LAST_BUS) this.last = Math.max(this.last, reserved);
    this.#config.write(at, REG.subordinateBus, this.last, 1);
  }
}
