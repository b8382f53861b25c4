import { token } from "backplane";
import type { BackendParts } from "./backend.ts";

/** What every backend of a machine is made with. For the backends of this plugin only. */
export type BackendSurroundings = Pick<BackendParts, "host" | "regions" | "processors" | "log" | "threadContext">;

export const BACKEND_SURROUNDINGS = token<BackendSurroundings>("BACKEND_SURROUNDINGS");
