import { token } from "backplane";
import type { ChassisSlots } from "./chassis.ts";

/** Within this plugin: which slot numbers are taken. */
export const CHASSIS_SLOTS = token<ChassisSlots>("CHASSIS_SLOTS");
