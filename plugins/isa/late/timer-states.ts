// What a migration carries of the interval timer and the speaker, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import type { CounterState, IntervalTimerState } from "../timer.ts";

const timer = fieldsOf<IntervalTimerState>();
const counter = fieldsOf<CounterState>();
const speaker = fieldsOf<{ data: number; refresh: number }>();

const COUNTER: StateDescription<CounterState> = {
  name: "pit channel",
  version: 2,
  fields: [
    counter.i32("count", "count"),
    counter.u16("latched_count", "latched"),
    counter.u8("count_latched", "latchReading"),
    counter.u8("status_latched", "statusLatched"),
    counter.u8("status", "status"),
    counter.u8("read_state", "reading"),
    counter.u8("write_state", "writing"),
    counter.u8("write_latch", "lowWritten"),
    counter.u8("rw_mode", "access"),
    counter.u8("mode", "mode"),
    counter.u8("bcd", "decimal"),
    counter.u8("gate", "gate"),
    counter.i64("count_load_time", "start"),
    counter.i64("next_transition_time", "nextChange"),
  ],
};

export const PIT: StateDescription<IntervalTimerState> = {
  name: "i8254",
  version: 3,
  minimumVersion: 2,
  fields: [
    { ...timer.u32("channels[0].irq_disabled", "disabled"), since: 3 },
    timer.structs<CounterState>("channels", "counters", COUNTER, 3),
    timer.i64("channels[0].next_transition_time", "nextChange"),
  ],
};

export const SPEAKER: StateDescription<{ data: number; refresh: number }> = {
  name: "pcspk",
  version: 1,
  fields: [speaker.u8("data_on", "data"), speaker.u8("dummy_refresh_clock", "refresh")],
};
