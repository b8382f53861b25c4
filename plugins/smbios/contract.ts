/** The SMBIOS tables that the firmware passes on. */
import { token } from "backplane";

/** Built at machine-done. */
export interface Smbios {
  readonly tables: Uint8Array;
  readonly anchor: Uint8Array;
}

export const SMBIOS = token<Smbios>("SMBIOS");
