import { q, type EventDeclaration } from "backplane";

// What a Hyper-V or an s390 guest tells of its crash; pvpanic tells nothing of the kind.
const crash = q.union(
  "GuestPanicInformation",
  "type",
  { type: q.enum("GuestPanicInformationType", ["hyper-v", "s390"]) },
  {
    "hyper-v": q.struct("GuestPanicInformationHyperV", {
      arg1: q.uint(64),
      arg2: q.uint(64),
      arg3: q.uint(64),
      arg4: q.uint(64),
      arg5: q.uint(64),
    }),
    s390: q.struct("GuestPanicInformationS390", {
      core: q.uint(32),
      "psw-mask": q.uint(64),
      "psw-addr": q.uint(64),
      reason: q.enum("S390CrashReason", ["unknown", "disabled-wait", "extint-loop", "pgmint-loop", "opint-loop"]),
    }),
  },
);
const panic = { action: q.enum("GuestPanicAction", ["pause", "poweroff", "run"]), "info?": crash };

export const PVPANIC_EVENTS: readonly EventDeclaration[] = [
  { name: "GUEST_PANICKED", summary: "The guest has panicked", data: q.struct("q_obj_GUEST_PANICKED-arg", panic) },
  {
    name: "GUEST_CRASHLOADED",
    summary: "The guest has panicked and handles it itself",
    data: q.struct("q_obj_GUEST_CRASHLOADED-arg", panic),
  },
  { name: "GUEST_PVSHUTDOWN", summary: "The guest has asked to be shut down through pvpanic", data: q.none },
];
