import { token } from "backplane";
import type { SerialPorts } from "./ports.ts";

/** Within this plugin only: the machine's table of serial ports. */
export const SERIAL_PORTS = token<SerialPorts>("SERIAL_PORTS");
