import { q, type EventDeclaration } from "backplane";

const ACTIONS = ["reset", "shutdown", "poweroff", "pause", "debug", "none", "inject-nmi"] as const;

export const WATCHDOG_EVENT: EventDeclaration = {
  name: "WATCHDOG",
  summary: "A watchdog has run out",
  data: q.struct("q_obj_WATCHDOG-arg", { action: q.enum("WatchdogAction", ACTIONS) }),
  rateLimit: { milliseconds: 1000 },
};
