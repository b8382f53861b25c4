import { q, type EventDeclaration } from "backplane";

export const BLOCK_EVENTS: readonly EventDeclaration[] = [
  {
    name: "BLOCK_IO_ERROR",
    summary: "The host failed a request of a drive",
    data: q.struct("q_obj_BLOCK_IO_ERROR-arg", {
      "qom-path": q.str,
      device: q.str,
      "node-name?": q.str,
      operation: q.enum("IoOperationType", ["read", "write"]),
      action: q.enum("BlockErrorAction", ["ignore", "report", "stop"]),
      "nospace?": q.bool,
      reason: q.str,
    }),
    rateLimit: { milliseconds: 1000, by: "qom-path" },
  },
  {
    name: "DEVICE_TRAY_MOVED",
    summary: "The tray of a drive was opened or closed",
    data: q.struct("DEVICE_TRAY_MOVED", { device: q.str, id: q.str, "tray-open": q.bool }),
  },
];
