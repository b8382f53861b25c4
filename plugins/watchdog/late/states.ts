// What a migration carries of the watchdogs, by the peer's names.
import { fieldsOf, type StateDescription, type StateField } from "backplane";
import { pciDeviceField } from "backplane/plugins/pci/contract";
import type { Ib700State } from "../ib700.ts";
import type { I6300esbState } from "../i6300esb.ts";
import type { TwoStageState } from "../two-stage-timer.ts";

export const IB700: StateDescription<Ib700State> = {
  name: "ib700_wdt",
  version: 0,
  fields: [fieldsOf<Ib700State>().timer("timer", "deadline")],
};

function number(
  name: string,
  type: "int32" | "uint32",
  key: Exclude<keyof TwoStageState, "deadline">,
): StateField<I6300esbState> {
  return {
    kind: "scalar",
    name,
    type,
    get: ({ timer }) => timer[key],
    set: ({ timer }, value) => {
      timer[key] = Number(value);
    },
  };
}

export const I6300ESB: StateDescription<I6300esbState> = {
  name: "i6300esb_wdt",
  // Once it was the length of a structure, whatever that was.
  version: 10_000,
  minimumVersion: 1,
  fields: [
    pciDeviceField("dev", (state) => state.pci),
    number("reboot_enabled", "int32", "reboots"),
    number("clock_scale", "int32", "fast"),
    number("int_type", "int32", "interruptType"),
    number("free_run", "int32", "freeRunning"),
    number("locked", "int32", "locked"),
    number("enabled", "int32", "enabled"),
    {
      kind: "scalar",
      name: "timer",
      type: "timer",
      get: ({ timer }) => timer.deadline,
      set: ({ timer }, value) => {
        timer.deadline = BigInt(value);
      },
    },
    number("timer1_preload", "uint32", "preload1"),
    number("timer2_preload", "uint32", "preload2"),
    number("stage", "int32", "stage"),
    number("unlock_state", "int32", "unlocking"),
    number("previous_reboot_flag", "int32", "timedOut"),
  ],
};
