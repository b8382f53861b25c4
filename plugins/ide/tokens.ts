import { token } from "backplane";
import type { IdeBus } from "./contract.ts";

/** Within this plugin: the numbers that drives get without being given a serial. */
export interface DriveNumbers {
  of(bus: IdeBus): number;
}
export const DRIVE_NUMBERS = token<DriveNumbers>("DRIVE_NUMBERS");
