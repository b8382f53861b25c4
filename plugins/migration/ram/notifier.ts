import type { Logger, RAMBlock, RAMBlockNotifier, RAMBlockRename } from "backplane";
import type { Migration } from "backplane/plugins/migration/contract";
import type { UnsupportedChange } from "./options.ts";
import type { RamSection } from "./section.ts";

/**
 * Watches over a running migration: its stream has announced blocks by name and size, so they must stay what they are.
 * Blocks that migration does not carry may do as they like.
 */
export class MigrationRamNotifier implements RAMBlockNotifier {
  readonly name = "migration/ram";
  readonly #migration: Migration;
  readonly #section: RamSection;
  readonly #policy: UnsupportedChange;
  readonly #log: Logger;
  #isRetired = false;

  constructor(migration: Migration, section: RamSection, policy: UnsupportedChange, log: Logger) {
    this.#migration = migration;
    this.#section = section;
    this.#policy = policy;
    this.#log = log;
  }

  /** From now on nothing is done about changes. */
  retire(): void {
    this.#isRetired = true;
  }

  ramBlockResized(block: RAMBlock): void {
    if (block.migratable && !this.#isRetired)
      this.#migration.abort(`RAM block '${block.idstr}' resized during precopy.`);
  }

  ramBlockIdstrChanged(block: RAMBlock, { from }: RAMBlockRename): void {
    if (block.migratable) this.#unsupported(`RAM block '${from}' renamed to '${block.idstr}' during precopy.`);
  }

  ramBlockMigratableChanged(block: RAMBlock): void {
    this.#unsupported(
      `RAM block '${block.idstr}' became ${block.migratable ? "migratable" : "unmigratable"} during precopy.`,
    );
    if (!block.migratable) this.#section.forget(block);
  }

  ramBlockRemoved(block: RAMBlock): void {
    this.#section.forget(block);
    if (block.migratable) this.#unsupported(`RAM block '${block.idstr}' removed during precopy.`);
  }

  #unsupported(reason: string): void {
    if (this.#isRetired || !this.#migration.isRunning) return;
    switch (this.#policy) {
      case "abort":
        return this.#migration.abort(reason);
      case "qemu-10.0":
        return this.#log.warn(reason, { unsupportedChange: this.#policy });
    }
  }
}
