import { acpiErrors } from "./errors.ts";
import type { OemIds } from "./oem-ids.ts";
import { type TablePlace, comparePlaces, isTablePlace } from "./places.ts";
import type { TableImage } from "./table.ts";

/** What a contributor learns about the build it takes part in. */
export interface AcpiBuildContext {
  /** The machine's ids, for every table but FADT and RSDT. */
  readonly oem: OemIds;
  /** The ids for FADT and RSDT, which follow a SLIC table of the user (see `licensedOemIds`). */
  readonly licensedOem: OemIds;
}

/** A plugin's part of the tables, asked anew for every build. */
export interface TableContribution {
  readonly place: TablePlace;
  /**
   * Builds the tables as the machine is at this moment: at machine-done, with every device realized and before the first
   * reset, and then once after each reset, inside the guest's fw_cfg select. Must not change the machine. Empty when the
   * machine has no such table at the moment.
   */
  build(context: AcpiBuildContext): readonly TableImage[];
}

/** One contribution's tables in one build. */
export interface PlacedTables {
  readonly place: TablePlace;
  readonly images: readonly TableImage[];
}

/** Undoes one `add`; a second call does nothing. */
export interface TableRegistration {
  dispose(): void;
}

/** The machine's ACPI tables by place. The order of registration never shows in the result. */
export class AcpiTables {
  readonly #contributions = new Map<TablePlace, TableContribution>();

  /** Throws `ACPI_TABLE_PLACE_UNKNOWN`, `ACPI_TABLE_PLACE_TAKEN`. */
  add(contribution: TableContribution): TableRegistration {
    const { place } = contribution;
    if (!isTablePlace(place)) throw acpiErrors.ACPI_TABLE_PLACE_UNKNOWN(String(place));
    if (this.#contributions.has(place)) throw acpiErrors.ACPI_TABLE_PLACE_TAKEN(place);
    this.#contributions.set(place, contribution);
    return {
      dispose: () => {
        if (this.#contributions.get(place) === contribution) this.#contributions.delete(place);
      },
    };
  }

  /** Every contributor's tables, in the order in which they lie in memory. */
  collect(context: AcpiBuildContext): PlacedTables[] {
    const contributions = [...this.#contributions.values()];
    contributions.sort((left, right) => comparePlaces(left.place, right.place));
    return contributions.map((contribution) => ({ place: contribution.place, images: contribution.build(context) }));
  }
}
