import type { MachineType } from "backplane";
import none from "./none.ts";
import { q35Versions } from "./q35-versions.ts";
import q35 from "./q35.ts";

/** All machine types, in the order in which `-machine help` lists them. */
export const machineTypes: readonly MachineType[] = [...q35Versions, q35, none];
