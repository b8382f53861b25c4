// What a migration carries of the device, by the peer's names. It is not the function's configuration: a guest finds the
// device unmapped when it comes back, as with the peer.
import { fieldsOf, type StateDescription } from "backplane";
import type { ErstState } from "../registers.ts";

const erst = fieldsOf<ErstState>();

export const ERST: StateDescription<ErstState> = {
  name: "acpi-erst",
  version: 1,
  fields: [
    erst.u8("operation", "operation"),
    // An operation is over when the write that starts it is.
    { kind: "scalar", name: "busy_status", type: "uint8", get: () => 0, set: () => undefined },
    erst.u8("command_status", "status"),
    erst.u32("record_offset", "recordOffset"),
    // What was done last is not kept.
    { kind: "scalar", name: "reg_action", type: "uint64", get: () => 0n, set: () => undefined },
    erst.u64("reg_value", "value"),
    erst.u64("record_identifier", "recordId"),
    erst.u32("next_record_index", "position"),
  ],
};
