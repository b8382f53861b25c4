/** The machine's store of error records, for those who describe it. */
import { token } from "backplane";

export interface ErrorRecordStore {
  /** Where the register block is decoded; undefined while it is not. */
  readonly registers: number | undefined;
  /** Records that the store holds. */
  readonly count: number;
}

export interface AcpiErst {
  /** Undefined without `-device acpi-erst`, and where there are several: a table describes one. */
  readonly store: ErrorRecordStore | undefined;
}

export const ACPI_ERST = token<AcpiErst>("ACPI_ERST");
