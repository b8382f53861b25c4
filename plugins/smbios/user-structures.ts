// Structures that exist only when the user asks for them.
import { HANDLES } from "./handles.ts";
import { Structure } from "./structure.ts";
import type { Connector } from "./user-fields.ts";

/** §7.9, port connector information (type 8). */
export function connector(index: number, given: Connector): Uint8Array {
  const structure = new Structure(8, HANDLES.connector + index);
  const internal = structure.addString(given.internal);
  const external = structure.addString(given.external);
  return structure.u8(internal).u8(0).u8(external).u8(given.connectorType).u8(given.portType).finish();
}

/** §7.12, OEM strings (type 11). An empty string counts, although there is nothing of it. */
export function oemStrings(values: readonly string[]): Uint8Array {
  const structure = new Structure(11, HANDLES.oemStrings).u8(values.length);
  for (const value of values) structure.addString(value);
  return structure.finish();
}
