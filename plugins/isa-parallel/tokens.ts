import { token } from "backplane";
import type { ParallelPorts } from "./ports.ts";

/** Within this plugin only: the machine's table of parallel ports. */
export const PARALLEL_PORTS = token<ParallelPorts>("PARALLEL_PORTS");
