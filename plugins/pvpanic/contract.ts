/** Panic ports that guests may use; ACPI describes them. */
import { token } from "backplane";

export interface Pvpanic {
  /** Ports of ISA panic devices, in order of creation. */
  readonly ports: readonly number[];
}

export const PVPANIC = token<Pvpanic>("PVPANIC");
