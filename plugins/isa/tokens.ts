import { token } from "backplane";

/** Within this plugin: what the clock shows at virtual time zero. */
export const RTC_BASE_DATE = token<Date>("RTC_BASE_DATE");
