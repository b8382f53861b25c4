// What a migration carries of interrupt controllers, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import type { ApicTimerState } from "../apic-timer.ts";
import type { IoApicState } from "../io-apic.ts";
import type { LocalApicState } from "../local-apic.ts";

const io = fieldsOf<IoApicState>();
const local = fieldsOf<LocalApicState>();
const PINS = 24;

export const IO_APIC: StateDescription<IoApicState> = {
  name: "ioapic",
  version: 3,
  minimumVersion: 1,
  fields: [
    io.u8("id", "id"),
    io.u8("ioregsel", "select"),
    io.unused(8),
    io.u32("irr", "request"),
    io.array64("ioredtbl", "uint64", "entries", PINS),
  ],
};

function timer(name: string, type: "uint32" | "int32" | "int64", key: keyof ApicTimerState) {
  return {
    kind: "scalar" as const,
    name,
    type,
    get: (state: LocalApicState) => state.timer[key],
    set: (state: LocalApicState, value: number | bigint | boolean) => {
      Object.assign(state.timer, { [key]: value });
    },
  };
}

export const LOCAL_APIC: StateDescription<LocalApicState> = {
  name: "apic",
  version: 3,
  fields: [
    local.u32("apicbase", "base"),
    local.u8("id", "id"),
    local.u8("arb_id", "arbitration"),
    local.u8("tpr", "taskPriority"),
    local.u32("spurious_vec", "spurious"),
    local.u8("log_dest", "logical"),
    local.u8("dest_mode", "format"),
    local.array("isr", "uint32", "inService", 8),
    local.array("tmr", "uint32", "triggerMode", 8),
    local.array("irr", "uint32", "request", 8),
    local.array("lvt", "uint32", "table", 6),
    local.u32("esr", "error"),
    local.array("icr", "uint32", "command", 2),
    timer("divide_conf", "uint32", "divide"),
    timer("count_shift", "int32", "shift"),
    timer("initial_count", "uint32", "initial"),
    timer("initial_count_load_time", "int64", "start"),
    timer("next_time", "int64", "next"),
    timer("timer_expiry", "int64", "deadline"),
  ],
  subsections: [
    {
      name: "apic_sipi",
      version: 1,
      isNeeded: ({ waitsForStartup, startupVector }) => waitsForStartup !== 0 || startupVector !== 0,
      fields: [local.i32("sipi_vector", "startupVector"), local.i32("wait_for_sipi", "waitsForStartup")],
    },
  ],
};
