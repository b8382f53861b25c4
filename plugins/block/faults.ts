// What becomes of a request that the host failed: the policies `rerror` and `werror`.
import { EVENTS, inject, injectable, RUN_STATES, type Events, type RunStates } from "backplane";
import type { Backend } from "./backend.ts";
import { errorWords } from "./error-words.ts";

@injectable()
export class FaultHandler {
  constructor(
    @inject(EVENTS) private readonly events: Events,
    @inject(RUN_STATES) private readonly states: RunStates,
  ) {}

  async settle(backend: Backend, kind: "read" | "write", fault: string): Promise<"retry" | "report" | "ignore"> {
    const action = actionOf(backend.policy[kind], fault);
    const { node, user } = backend;
    this.events.emit("BLOCK_IO_ERROR", {
      "qom-path": user?.device.path ?? "",
      device: backend.name,
      ...(node === undefined ? {} : { "node-name": node.nodeName }),
      operation: kind,
      action,
      nospace: fault === "ENOSPC",
      reason: errorWords(fault),
    });
    if (action !== "stop") return action;
    // The first fault is the one that is told.
    if (backend.ioStatus === "ok") backend.ioStatus = fault === "ENOSPC" ? "nospace" : "failed";
    await this.#stopped();
    backend.ioStatus = "ok";
    return "retry";
  }

  /** Halts the guest, and resolves when somebody lets it go on. */
  #stopped(): Promise<void> {
    return new Promise((resolve) => {
      const watched = this.states.onChange(() => {
        if (!this.states.isRunning) return;
        void watched.dispose();
        resolve();
      });
      if (!this.states.isRunning) return;
      this.states.set("io-error");
      this.events.emit("STOP");
    });
  }
}

function actionOf(policy: string, fault: string): "report" | "ignore" | "stop" {
  if (policy === "enospc") return fault === "ENOSPC" ? "stop" : "report";
  return policy === "stop" || policy === "ignore" ? policy : "report";
}
