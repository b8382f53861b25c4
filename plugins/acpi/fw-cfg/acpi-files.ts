import { ACPI_FILES, type Acpi } from "backplane/plugins/acpi/contract";
import type { RomBlob, RomLoader } from "backplane/plugins/rom-loader/contract";

/**
 * The three files in RAM blocks of their own. What they hold at machine-done describes a chipset that no firmware has
 * programmed yet; so they are built once more when the guest selects one of them for the first time after a reset. A
 * reset puts the contents of machine-done back, in blocks that keep the size they have grown to.
 */
export class AcpiFiles {
  readonly #acpi: Acpi;
  readonly #tables: RomBlob;
  readonly #rsdp: RomBlob;
  readonly #loader: RomBlob;
  /**
   * The guest has looked at the files since the last reset, and they were built for that. A migration carries it: the
   * blocks arrive with the source's contents, which must not change under the guest.
   */
  current = false;

  constructor(acpi: Acpi, roms: RomLoader) {
    this.#acpi = acpi;
    const built = acpi.build();
    const add = (file: (typeof ACPI_FILES)[keyof typeof ACPI_FILES], contents: Uint8Array): RomBlob =>
      roms.addBlob(file.name, contents, { maxLength: file.maximum, onSelect: () => this.#rebuild() });
    // The order gives the blocks their places in ram-address space.
    this.#tables = add(ACPI_FILES.tables, built.tables);
    this.#loader = add(ACPI_FILES.loader, built.loader);
    this.#rsdp = add(ACPI_FILES.rsdp, built.rsdp);
  }

  /** The machine was reset: what the firmware will have done to the chipset by the next select is not in the files. */
  outdate(): void {
    this.current = false;
  }

  #rebuild(): void {
    if (this.current) return;
    this.current = true;
    const built = this.#acpi.build();
    this.#tables.update(built.tables);
    this.#rsdp.update(built.rsdp);
    this.#loader.update(built.loader);
  }
}
