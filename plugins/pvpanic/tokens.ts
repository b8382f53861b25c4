import { token } from "backplane";
import type { PanicListener } from "./event-byte.ts";

/** Within this plugin: whom a device tells what the guest has reported. */
export const PANIC_LISTENER = token<PanicListener>("PANIC_LISTENER");
