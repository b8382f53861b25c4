import {
  ACTIONS,
  EVENTS,
  inject,
  injectable,
  MACHINE_CONTROL,
  type Actions,
  type Events,
  type MachineControl,
} from "backplane";
import type { PanicListener } from "./event-byte.ts";

/** What becomes of a machine whose guest reports its own end: `-action panic=`. */
@injectable()
export class PanicActions implements PanicListener {
  constructor(
    @inject(ACTIONS) private readonly actions: Actions,
    @inject(EVENTS) private readonly events: Events,
    @inject(MACHINE_CONTROL) private readonly control: MachineControl,
  ) {}

  panicked(): void {
    const { panic, shutdown } = this.actions;
    if (panic === "none") {
      this.events.emit("GUEST_PANICKED", { action: "run" });
      return;
    }
    const isKept = panic === "pause" || (panic === "shutdown" && shutdown === "pause");
    this.events.emit("GUEST_PANICKED", { action: isKept ? "pause" : "poweroff" });
    this.control.halt("guest-panicked");
    if (!isKept) this.control.quit("guest-panic");
  }

  crashLoaded(): void {
    this.events.emit("GUEST_CRASHLOADED", { action: "run" });
  }

  shutdown(): void {
    this.events.emit("GUEST_PVSHUTDOWN");
    this.control.quit("guest-shutdown");
  }
}
