import type { EventDeclaration } from "../monitor/contract.ts";
import { q } from "../monitor/schema.ts";

const CAUSE = q.enum("ShutdownCause", [
  "none",
  "host-error",
  "host-qmp-quit",
  "host-qmp-system-reset",
  "host-signal",
  "host-ui",
  "guest-shutdown",
  "guest-reset",
  "guest-panic",
  "subsystem-reset",
  "snapshot-load",
]);

/** What a machine tells of itself, with or without plugins. */
export const MACHINE_EVENTS: readonly EventDeclaration[] = [
  {
    name: "SHUTDOWN",
    summary: "The machine has shut down or is about to; what follows depends on `-action shutdown`",
    data: q.struct("q_obj_SHUTDOWN-arg", { guest: q.bool, reason: CAUSE }),
  },
  { name: "POWERDOWN", summary: "The power button was pressed", data: q.none },
  {
    name: "RESET",
    summary: "The machine was reset",
    data: q.struct("q_obj_RESET-arg", { guest: q.bool, reason: CAUSE }),
  },
  { name: "STOP", summary: "The guest was halted", data: q.none },
  { name: "RESUME", summary: "The guest goes on", data: q.none },
  { name: "SUSPEND", summary: "The guest has suspended itself to RAM", data: q.none },
  {
    name: "DEVICE_DELETED",
    summary: "A device has gone, after `device_del` or because what it was a part of went",
    data: q.struct("q_obj_DEVICE_DELETED-arg", { "device?": q.str, path: q.str }),
  },
  { name: "WAKEUP", summary: "The guest has woken", data: q.none },
];
