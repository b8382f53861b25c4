// What a migration carries of the event timers, by the peer's names.
import { fieldsOf, structsField, type StateDescription } from "backplane";
import type { HpetState } from "../registers.ts";
import type { HpetTimerState } from "../timer.ts";

const block = fieldsOf<HpetState>();
const timer = fieldsOf<HpetTimerState>();

const TIMER: StateDescription<HpetTimerState> = {
  name: "hpet_timer",
  version: 1,
  fields: [
    timer.u8("tn", "index"),
    timer.u64("config", "configuration"),
    timer.u64("cmp", "comparator"),
    timer.u64("fsb", "route"),
    timer.u64("period", "period"),
    timer.u8("wrap_flag", "wraps"),
    timer.timer("qemu_timer", "deadline"),
  ],
};

/** A block has as many timers as it was made with: on both sides. */
export function hpetState(timers: number): StateDescription<HpetState> {
  return {
    name: "hpet",
    version: 2,
    minimumVersion: 1,
    fields: [
      block.u64("config", "configuration"),
      block.u64("isr", "status"),
      block.u64("hpet_counter", "counter"),
      {
        kind: "scalar",
        name: "num_timers_save",
        type: "uint8",
        since: 2,
        check: ({ timerCount }, value) =>
          value === timerCount ? undefined : "Input validation failed: hpet/num_timers must match",
        get: ({ timerCount }) => timerCount,
        set: () => undefined,
      },
      structsField("timer", TIMER, timers, (state: HpetState, index) => state.timers[index] ?? blank(index)),
    ],
    subsections: [
      {
        name: "hpet/rtc_irq_level",
        version: 1,
        isNeeded: ({ clockLevel }) => clockLevel !== 0,
        fields: [block.u8("rtc_irq_level", "clockLevel")],
      },
      {
        name: "hpet/offset",
        version: 1,
        isNeeded: ({ configuration }) => (configuration & 1n) !== 0n,
        fields: [block.u64("hpet_offset", "offset")],
      },
    ],
  };
}

function blank(index: number): HpetTimerState {
  return { index, configuration: 0n, comparator: 0n, route: 0n, period: 0n, wraps: 0, deadline: -1n };
}
