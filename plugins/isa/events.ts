import { q, type EventDeclaration } from "backplane";

export const RTC_EVENTS: readonly EventDeclaration[] = [
  {
    name: "RTC_CHANGE",
    summary: "The guest has set its clock; the offset is from what the clock would show had nobody set it",
    data: q.struct("q_obj_RTC_CHANGE-arg", { offset: q.signed(64), "qom-path": q.str }),
    rateLimit: { milliseconds: 1000 },
  },
];
