import { BLOCK_ACCESS, definePlugin, disposable, DIRTY_MEMORY, RAM_BLOCK_NOTIFIERS, RAM_LIST } from "backplane";
import { MIGRATION, MIGRATION_STATE } from "backplane/plugins/migration/contract";
import { hears } from "./hears.ts";
import { MigrationRamNotifier } from "./notifier.ts";
import { migrationRamOptions } from "./options.ts";
import { RamSection } from "./section.ts";

export default definePlugin({
  id: "migration/ram",
  apiVersion: 1,
  summary: "Puts RAM into the migration stream and aborts a migration whose RAM blocks change",
  requires: [MIGRATION, MIGRATION_STATE],
  hears: [hears],
  options: migrationRamOptions,
  attach(machine, { unsupportedChange }) {
    const section = new RamSection(machine.use(RAM_LIST), machine.use(DIRTY_MEMORY), machine.use(BLOCK_ACCESS));
    machine.own(machine.use(MIGRATION_STATE).add(section));
    const notifier = new MigrationRamNotifier(machine.use(MIGRATION), section, unsupportedChange, machine.log);
    machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add(notifier));
    // Leaving tells of every block as if it went; that is no change of the machine.
    machine.own(disposable(() => notifier.retire()));
  },
});
