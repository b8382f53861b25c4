import {
  ACTIONS,
  EVENTS,
  inject,
  injectable,
  MACHINE_CONTROL,
  Registry,
  type Actions,
  type Disposable,
  type Events,
  type Logger,
  type MachineControl,
} from "backplane";
import type { Watchdogs } from "./contract.ts";

@injectable()
export class WatchdogActions implements Watchdogs {
  readonly #nmis = new Registry<() => void>();

  constructor(
    @inject(ACTIONS) private readonly actions: Actions,
    @inject(EVENTS) private readonly events: Events,
    @inject(MACHINE_CONTROL) private readonly control: MachineControl,
  ) {}

  expired(log: Logger): void {
    const { control } = this;
    const action = this.actions.watchdog;
    this.events.emit("WATCHDOG", { action });
    switch (action) {
      case "reset":
        return control.reset("guest-reset");
      case "shutdown":
        return control.powerdown();
      case "poweroff":
        return control.quit("watchdog");
      case "pause":
        return control.halt("watchdog");
      case "debug":
        return log.warn("watchdog: timer fired");
      case "inject-nmi":
        for (const listener of this.#nmis) listener();
        return;
      case "none":
    }
  }

  onNmi(listener: () => void): Disposable {
    return this.#nmis.add(listener);
  }
}
