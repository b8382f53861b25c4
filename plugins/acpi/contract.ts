/** What other plugins need to contribute ACPI tables. */
import { token } from "backplane";
import type { AcpiBlobs } from "./build.ts";
import type { AcpiDsdt } from "./dsdt/index.ts";
import type { OemIds } from "./oem-ids.ts";
import type { AcpiTables } from "./tables.ts";

export { ACPI_FILES, type AcpiBlobs, type TableLocation } from "./build.ts";
export { type FadtFacts, Q35_SMI, buildFadt } from "./fadt.ts";
export { type MadtFacts, PC_PCI_INTERRUPTS, buildMadt } from "./madt.ts";
export { patchChecksum, patchPointer } from "./loader-patch.ts";
export {
  type AllocationZone,
  COMMAND_LENGTH,
  LOADER_FILE,
  type LoaderCommand,
  type LoaderEntry,
  type PointerSize,
  RSDP_FILE,
  TABLES_FILE,
  decodeLoaderScript,
} from "./loader-script.ts";
export { DEFAULT_OEM_IDS, type OemIds } from "./oem-ids.ts";
export type { TablePlace } from "./places.ts";
export {
  type AddressSpace,
  HEADER_LENGTH,
  type LinkTarget,
  type TableHeader,
  type TableImage,
  type TableLink,
  acpiTable,
  writeAddress,
} from "./table.ts";
export type { AcpiBuildContext, AcpiTables, TableContribution, TableRegistration } from "./tables.ts";
export { TableWriter } from "./table-writer.ts";
// The AML builder, and the DSDT's registry and fragments: whoever owns hardware describes it.
export * from "./aml/index.ts";
export * from "./dsdt/index.ts";

/** The machine's ACPI as a whole. */
export interface Acpi {
  /** False with `-machine acpi=off`: contributions are kept, and nothing is published. */
  readonly enabled: boolean;
  readonly oem: OemIds;
  /** The ids of FADT and RSDT, which follow a SLIC table of the user's. */
  readonly licensedOem: OemIds;
  /** The user's tables, whole, in the order given. */
  readonly userTables: readonly Uint8Array[];
  /** Builds everything as the machine is at this moment, without changing it. */
  build(): AcpiBlobs;
}

export const ACPI = token<Acpi>("ACPI");
/** Where plugins contribute tables. */
export const ACPI_TABLES = token<AcpiTables>("ACPI_TABLES");
/** Where plugins contribute to the DSDT, and devices describe themselves. */
export const ACPI_DSDT = token<AcpiDsdt>("ACPI_DSDT");
