import { defineErrors } from "../errors.ts";

export const hostErrors = defineErrors({
  HOST_CALL_UNKNOWN: {
    text: (host: string, call: string, known: readonly string[]) =>
      `${host} has no call '${call}'; it has: ${known.join(", ")}`,
    help: "A fault was to be injected into a call that the modelled host does not have.",
    at: "faults",
  },
});
