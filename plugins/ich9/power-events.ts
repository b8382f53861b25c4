import { q, type EventDeclaration } from "backplane";

export const SUSPEND_DISK_EVENT: EventDeclaration = {
  name: "SUSPEND_DISK",
  summary: "The guest has suspended itself to disk; the machine switches itself off",
  data: q.none,
};
