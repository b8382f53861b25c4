// What a migration carries of the real-time clock, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import type { RtcState } from "../rtc.ts";

const rtc = fieldsOf<RtcState>();

export const RTC_STATE: StateDescription<RtcState> = {
  name: "mc146818rtc",
  version: 3,
  minimumVersion: 1,
  fields: [
    rtc.bytes("cmos_data", "memory", 128),
    rtc.u8("cmos_index", "index"),
    rtc.unused(28, "unused[0]"),
    rtc.timer("periodic_timer", "periodic"),
    rtc.i64("next_periodic_time", "nextPeriod"),
    rtc.unused(24, "unused[1]"),
    { ...rtc.u32("irq_coalesced", "coalesced"), since: 2 },
    { ...rtc.u32("period", "period"), since: 2 },
    { ...rtc.u64("base_rtc", "seconds"), since: 3 },
    { ...rtc.u64("last_update", "setAt"), since: 3 },
    { ...rtc.i64("offset", "fraction"), since: 3 },
    { ...rtc.timer("update_timer", "update"), since: 3 },
    { ...rtc.u64("next_alarm_time", "alarm"), since: 3 },
  ],
};
