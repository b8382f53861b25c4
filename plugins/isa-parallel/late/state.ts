// What a migration carries of a parallel port, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import type { ParallelState } from "../port.ts";

const port = fieldsOf<ParallelState>();
/** Nobody drives the lines. */
const FLOATING = 0xff;

export const PARALLEL: StateDescription<ParallelState> = {
  name: "parallel_isa",
  version: 1,
  fields: [
    port.u8("state.dataw", "data"),
    { kind: "scalar", name: "state.datar", type: "uint8", get: () => FLOATING, set: () => undefined },
    port.u8("state.status", "status"),
    port.u8("state.control", "control"),
    port.i32("state.irq_pending", "pending"),
    // There is no EPP without a real port behind it.
    { kind: "scalar", name: "state.epp_timeout", type: "int32", get: () => 0, set: () => undefined },
  ],
};
