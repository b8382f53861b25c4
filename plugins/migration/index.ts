import {
  CLOCK,
  COMMANDS,
  definePlugin,
  EVENTS,
  MACHINE,
  MACHINE_CONTROL,
  RESETS,
  RUN_STATES,
  type Disposable,
} from "backplane";
import { MigrationCapabilities } from "./capabilities.ts";
import { addMigrationCommands } from "./commands.ts";
import { MIGRATION, MIGRATION_STATE } from "./contract.ts";
import { clockSection, GlobalState, globalStateSection } from "./core-sections.ts";
import { GuestStop } from "./guest-stop.ts";
import { migrationOptions } from "./options.ts";
import { OutgoingMigration } from "./outgoing.ts";
import { MigrationParameters } from "./parameters.ts";
import { MIGRATION_EVENTS } from "./results.ts";
import { SectionRegistry } from "./sections.ts";
import { MigrationProgress } from "./status.ts";

export default definePlugin({
  id: "migration",
  apiVersion: 1,
  summary: "Sends the machine's state to a file, a program or a socket while the guest runs",
  provides: [MIGRATION, MIGRATION_STATE],
  options: migrationOptions,
  attach(machine, options) {
    const events = machine.use(EVENTS);
    const runStates = machine.use(RUN_STATES);
    const sections = new SectionRegistry();
    const progress = new MigrationProgress();
    const capabilities = new MigrationCapabilities();
    const parameters = new MigrationParameters();
    const globalState = new GlobalState();
    const services = {
      machineName: machine.use(MACHINE).type.name,
      progress,
      sections,
      parameters,
      capabilities,
      guest: new GuestStop(runStates, machine.use(MACHINE_CONTROL), events, globalState),
      events,
      log: machine.log,
    };
    for (const event of MIGRATION_EVENTS) machine.own(events.declare(event));
    machine.own(
      progress.onChange(({ to }) => {
        if (capabilities.has("events")) events.emit("MIGRATION", { status: to });
      }),
    );
    machine.own(sections.add(clockSection(machine.use(CLOCK))));
    // Numbered behind every device that the machine is made with; the first reset follows the last of them.
    let last: Disposable | undefined;
    machine.own(
      machine.use(RESETS).add(() => {
        last ??= machine.own(sections.add(globalStateSection(globalState)));
      }),
    );
    const migration = machine.own(new OutgoingMigration(services, runStates, options));
    machine.own(addMigrationCommands(machine.use(COMMANDS), migration, capabilities, parameters));
    machine.provideValue(MIGRATION, migration);
    machine.provideValue(MIGRATION_STATE, sections);
  },
});
