import { token } from "backplane";
import type { Input } from "backplane/plugins/input/contract";
import type { RtcBase } from "./rtc-base.ts";
import type { RtcSource } from "./rtc-source.ts";

export interface RtcSettings {
  readonly base: RtcBase;
  readonly source: RtcSource;
}

/** Within this plugin: what the clock shows at first, and what moves it. */
export const RTC_SETTINGS = token<RtcSettings>("RTC_SETTINGS");

/** Within this plugin: where keys and pointers come from, on a machine where somebody sends them. */
export interface OptionalInput {
  readonly input: Input | undefined;
}

export const OPTIONAL_INPUT = token<OptionalInput>("ISA_OPTIONAL_INPUT");
